package io.lssgen.model.vae;

import io.lssgen.nn.Conv2d;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import java.util.ArrayList;
import java.util.List;

/** diffusers' {@code EncoderTiny}: a numbered list of convolutions and blocks. */
final class TinyEncoder {
  private final List<Level> levels = new ArrayList<>();
  private final Conv2d convOut;

  TinyEncoder(Parameters layers, AutoencoderTinyConfig config) {
    int width = config.encoderWidth();
    int next = 0;
    for (int i = 0; i < config.encoderBlocks().size(); i++) {
      Parameters entry = layers.child(next++);
      Conv2d conv =
          i == 0
              ? new Conv2d(entry, config.imageChannels(), width, 3)
              : Conv2d.withoutBias(entry, width, width, 3, 2, 1);
      List<TinyBlock> blocks = new ArrayList<>();
      for (int j = 0; j < config.encoderBlocks().get(i); j++) {
        blocks.add(new TinyBlock(layers.child(next++), width));
      }
      levels.add(new Level(conv, blocks));
    }
    convOut = new Conv2d(layers.child(next), width, config.latentChannels(), 3);
  }

  private record Level(Conv2d conv, List<TinyBlock> blocks) {}

  /** [B, 3, H, W], values in [0, 1], to [B, C, H/factor, W/factor]. */
  Tensor forward(Tensor image) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor hidden = image.channelsLast();
      for (Level level : levels) {
        hidden = level.conv().forward(hidden);
        for (TinyBlock block : level.blocks()) {
          hidden = block.forward(hidden);
        }
      }
      return scope.keep(convOut.forward(hidden));
    }
  }
}
