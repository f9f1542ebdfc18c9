package io.lssgen.model.unet;

import io.lssgen.nn.DoublingConv2d;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** diffusers' {@code UpBlock2D} and {@code CrossAttnUpBlock2D}. */
final class UpLevel {
  private final List<AttendingBlock> blocks = new ArrayList<>();
  private final @Nullable DoublingConv2d upsample;

  /**
   * @param index the level's number, counted from the latents' resolution
   */
  UpLevel(Parameters parameters, UNetConfig config, int index) {
    List<UNetConfig.Level> levels = config.levels();
    UNetConfig.Level level = levels.get(index);
    int out = level.channels();
    int below = levels.get(Math.min(levels.size() - 1, index + 1)).channels();
    int above = levels.get(Math.max(0, index - 1)).channels();
    int last = config.layersPerBlock();
    for (int j = 0; j <= last; j++) {
      int skipped = j == last ? above : out; // the way down entered this level with those above
      int in = (j == 0 ? below : out) + skipped;
      blocks.add(new AttendingBlock(parameters, j, config, level, in, level.attentionUp()));
    }
    Parameters next = parameters.child("upsamplers").child(0).child("conv");
    upsample = index == 0 ? null : new DoublingConv2d(next, out, out);
  }

  /**
   * @param x [B, below, h, w]
   * @param skips the states of the way down, the latest first; this level takes its own away
   * @return [B, C, h, w], or in the size of the next skip where there is a level above
   */
  Tensor forward(Tensor x, Deque<Tensor> skips, Tensor time, Tensor text) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor hidden = x;
      for (AttendingBlock block : blocks) {
        hidden = block.forward(Tensors.cat(List.of(hidden, skips.pop()), 1), time, text);
      }
      if (upsample != null) {
        Tensor next = skips.element();
        hidden = upsample.forward(hidden, next.size(2), next.size(3));
      }
      return scope.keep(hidden);
    }
  }
}
