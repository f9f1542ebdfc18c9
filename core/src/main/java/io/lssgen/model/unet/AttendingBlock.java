package io.lssgen.model.unet;

import io.lssgen.nn.Parameters;
import io.lssgen.nn.ResidualBlock;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import org.jspecify.annotations.Nullable;

/** A residual block and, where the level attends to the text, a transformer behind it. */
final class AttendingBlock {
  private final ResidualBlock residual;
  private final @Nullable SpatialTransformer attention;

  /**
   * @param parameters the level's, whose lists {@code resnets} and {@code attentions} it takes part
   *     {@code index} of
   * @param in channels that enter; those of {@code level} leave
   */
  AttendingBlock(
      Parameters parameters,
      int index,
      UNetConfig config,
      UNetConfig.Level level,
      int in,
      boolean attends) {
    residual =
        new ResidualBlock(
            parameters.child("resnets").child(index),
            in,
            level.channels(),
            config.groups(),
            config.eps(),
            config.timeWidth());
    Parameters attentions = parameters.child("attentions");
    attention = attends ? new SpatialTransformer(attentions.child(index), config, level) : null;
  }

  /** x [B, in, h, w], time [B, T], text [B, S, text width] to [B, C, h, w]. */
  Tensor forward(Tensor x, Tensor time, Tensor text) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor hidden = residual.forward(x, time);
      return scope.keep(attention == null ? hidden : attention.forward(hidden, text));
    }
  }
}
