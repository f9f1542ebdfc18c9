package io.lssgen.model.unet;

import io.lssgen.nn.Conv2d;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** diffusers' {@code DownBlock2D} and {@code CrossAttnDownBlock2D}. */
final class DownLevel {
  private final List<AttendingBlock> blocks = new ArrayList<>();
  private final @Nullable Conv2d downsample;

  /**
   * @param index the level's number, counted from the latents' resolution
   */
  DownLevel(Parameters parameters, UNetConfig config, int index) {
    List<UNetConfig.Level> levels = config.levels();
    UNetConfig.Level level = levels.get(index);
    int out = level.channels();
    int in = levels.get(Math.max(0, index - 1)).channels();
    for (int j = 0; j < config.layersPerBlock(); j++) {
      int entering = j == 0 ? in : out;
      blocks.add(new AttendingBlock(parameters, j, config, level, entering, level.attentionDown()));
    }
    Parameters below = parameters.child("downsamplers").child(0).child("conv");
    downsample = index == levels.size() - 1 ? null : new Conv2d(below, out, out, 3, 2, 1);
  }

  /** x [B, in, h, w] to every state that the way up wants to see again; the last one leads on. */
  List<Tensor> forward(Tensor x, Tensor time, Tensor text) {
    try (TensorScope scope = TensorScope.open()) {
      List<Tensor> states = new ArrayList<>();
      Tensor hidden = x;
      for (AttendingBlock block : blocks) {
        hidden = block.forward(hidden, time, text);
        states.add(hidden);
      }
      if (downsample != null) {
        states.add(downsample.forward(hidden)); // [B, C, ⌈h/2⌉, ⌈w/2⌉]
      }
      return scope.keepAll(states);
    }
  }
}
