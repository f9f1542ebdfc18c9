package io.lssgen.model.vae;

import io.lssgen.nn.Conv2d;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.Functional;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import java.util.ArrayList;
import java.util.List;

/**
 * diffusers' {@code DecoderTiny}: a numbered list of convolutions, blocks, and layers without
 * parameters (activation, upsampling), which take a number too.
 */
final class TinyDecoder {
  private final Conv2d convIn;
  private final List<Level> levels = new ArrayList<>();

  /**
   * @param start the number of the first convolution
   */
  TinyDecoder(Parameters layers, AutoencoderTinyConfig config, int start) {
    int width = config.decoderWidth();
    convIn = new Conv2d(layers.child(start), config.latentChannels(), width, 3);
    int next = start + 2; // one for the activation
    for (int i = 0; i < config.decoderBlocks().size(); i++) {
      List<TinyBlock> blocks = new ArrayList<>();
      for (int j = 0; j < config.decoderBlocks().get(i); j++) {
        blocks.add(new TinyBlock(layers.child(next++), width));
      }
      boolean last = i == config.decoderBlocks().size() - 1;
      if (!last) {
        next++; // the upsampling
      }
      Parameters entry = layers.child(next++);
      Conv2d conv =
          last
              ? new Conv2d(entry, width, config.imageChannels(), 3)
              : Conv2d.withoutBias(entry, width, width, 3, 1, 1);
      levels.add(new Level(blocks, !last, conv));
    }
  }

  private record Level(List<TinyBlock> blocks, boolean doubles, Conv2d conv) {
    Tensor held(Tensor hidden) {
      Tensor held = hidden;
      for (TinyBlock block : blocks) {
        held = block.forward(held);
      }
      return held;
    }

    Tensor next(Tensor held) {
      return conv.forward(
          doubles ? Functional.upsampleNearest(held, 2 * held.size(2), 2 * held.size(3)) : held);
    }
  }

  /**
   * [B, C, h, w] to [B, 3, h·factor, w·factor], values about [0, 1].
   *
   * @param activations gets what each level holds before it doubles: [B, width, h, w] at the first;
   *     the tensors belong to the scope that is open here
   */
  Tensor forward(Tensor latent, List<Tensor> activations) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor hidden = first(latent);
      for (Level level : levels) {
        Tensor held = level.held(hidden);
        activations.add(scope.keep(held));
        hidden = level.next(held);
      }
      return scope.keep(hidden);
    }
  }

  /** What the first level holds before it doubles, [B, width, h, w]: the rest is not computed. */
  Tensor firstLevel(Tensor latent) {
    try (TensorScope scope = TensorScope.open()) {
      return scope.keep(levels.get(0).held(first(latent)));
    }
  }

  private Tensor first(Tensor latent) {
    return Functional.relu(convIn.forward(latent.channelsLast()));
  }
}
