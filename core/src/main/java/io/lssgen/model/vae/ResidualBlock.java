package io.lssgen.model.vae;

import io.lssgen.nn.Conv2d;
import io.lssgen.nn.GroupNorm;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.Functional;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import org.jspecify.annotations.Nullable;

/** diffusers' {@code ResnetBlock2D} without a time embedding. */
final class ResidualBlock {
  private final GroupNorm norm1;
  private final Conv2d conv1;
  private final GroupNorm norm2;
  private final Conv2d conv2;
  private final @Nullable Conv2d shortcut;

  ResidualBlock(Parameters parameters, int in, int out, int groups) {
    norm1 = new GroupNorm(parameters.child("norm1"), groups, in, 1e-6);
    conv1 = new Conv2d(parameters.child("conv1"), in, out, 3);
    norm2 = new GroupNorm(parameters.child("norm2"), groups, out, 1e-6);
    conv2 = new Conv2d(parameters.child("conv2"), out, out, 3);
    shortcut = in == out ? null : new Conv2d(parameters.child("conv_shortcut"), in, out, 1);
  }

  /** [B, in, H, W] to [B, out, H, W]. */
  Tensor forward(Tensor x) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor hidden = conv1.forward(Functional.silu(norm1.forward(x)));
      hidden = conv2.forward(Functional.silu(norm2.forward(hidden)));
      Tensor skip = shortcut == null ? x : shortcut.forward(x);
      return scope.keep(skip.add(hidden));
    }
  }
}
