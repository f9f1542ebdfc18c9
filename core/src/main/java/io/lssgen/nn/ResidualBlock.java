package io.lssgen.nn;

import io.lssgen.tensor.Functional;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import org.jspecify.annotations.Nullable;

/**
 * diffusers' {@code ResnetBlock2D}: twice normalise, activate and convolve, beside a skip. A vector
 * that tells the time may be added between the convolutions.
 */
public final class ResidualBlock {
  private final GroupNorm norm1;
  private final Conv2d conv1;
  private final @Nullable Linear timeProjection;
  private final GroupNorm norm2;
  private final Conv2d conv2;
  private final @Nullable Conv2d shortcut;

  /** A block that is not told the time. */
  public ResidualBlock(Parameters parameters, int in, int out, int groups, double eps) {
    this(parameters, in, out, groups, eps, 0);
  }

  /**
   * @param groups of each normalisation, a divisor of {@code in} and of {@code out}
   * @param timeWidth width of the vector that tells the time, 0 for a block without
   */
  public ResidualBlock(
      Parameters parameters, int in, int out, int groups, double eps, int timeWidth) {
    norm1 = new GroupNorm(parameters.child("norm1"), groups, in, eps);
    conv1 = new Conv2d(parameters.child("conv1"), in, out, 3);
    timeProjection =
        timeWidth == 0 ? null : new Linear(parameters.child("time_emb_proj"), timeWidth, out);
    norm2 = new GroupNorm(parameters.child("norm2"), groups, out, eps);
    conv2 = new Conv2d(parameters.child("conv2"), out, out, 3);
    shortcut = in == out ? null : new Conv2d(parameters.child("conv_shortcut"), in, out, 1);
  }

  /** x [B, in, H, W] to [B, out, H, W], in a block that is not told the time. */
  public Tensor forward(Tensor x) {
    return forward(x, null);
  }

  /**
   * @param x [B, in, H, W]
   * @param time [B, time width], already activated; null if and only if the block has no time width
   * @return [B, out, H, W]
   */
  public Tensor forward(Tensor x, @Nullable Tensor time) {
    if ((timeProjection == null) != (time == null)) {
      throw new IllegalArgumentException(
          timeProjection == null
              ? "this residual block takes no time, but one was given"
              : "this residual block wants a time, but none was given");
    }
    try (TensorScope scope = TensorScope.open()) {
      Tensor hidden = conv1.forward(Functional.silu(norm1.forward(x)));
      if (timeProjection != null && time != null) {
        hidden =
            hidden.add(timeProjection.forward(time).unsqueeze(2).unsqueeze(3)); // [B, out, 1, 1]
      }
      hidden = conv2.forward(Functional.silu(norm2.forward(hidden)));
      Tensor skip = shortcut == null ? x : shortcut.forward(x);
      return scope.keep(skip.add(hidden));
    }
  }
}
