package io.lssgen.model.vae;

import io.lssgen.nn.Attention;
import io.lssgen.nn.GroupNorm;
import io.lssgen.nn.Linear;
import io.lssgen.nn.Parameters;
import io.lssgen.nn.ResidualBlock;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import org.jspecify.annotations.Nullable;

/** diffusers' {@code UNetMidBlock2D}: residual, attention over all places if wanted, residual. */
final class MiddleBlock {
  private final ResidualBlock first;
  private final @Nullable SpatialAttention attention;
  private final ResidualBlock second;

  MiddleBlock(Parameters parameters, int channels, int groups, boolean withAttention) {
    first =
        new ResidualBlock(
            parameters.child("resnets").child(0),
            channels,
            channels,
            groups,
            AutoencoderKlConfig.EPS);
    attention =
        withAttention
            ? new SpatialAttention(parameters.child("attentions").child(0), channels, groups)
            : null;
    second =
        new ResidualBlock(
            parameters.child("resnets").child(1),
            channels,
            channels,
            groups,
            AutoencoderKlConfig.EPS);
  }

  /** [B, C, h, w] to the same shape. */
  Tensor forward(Tensor x) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor hidden = first.forward(x);
      if (attention != null) {
        hidden = attention.forward(hidden);
      }
      return scope.keep(second.forward(hidden));
    }
  }

  private static final class SpatialAttention {
    private final GroupNorm norm;
    private final Linear query;
    private final Linear key;
    private final Linear value;
    private final Linear out;

    SpatialAttention(Parameters parameters, int channels, int groups) {
      norm =
          new GroupNorm(parameters.child("group_norm"), groups, channels, AutoencoderKlConfig.EPS);
      query = new Linear(parameters.child("to_q"), channels, channels);
      key = new Linear(parameters.child("to_k"), channels, channels);
      value = new Linear(parameters.child("to_v"), channels, channels);
      out = new Linear(parameters.child("to_out").child(0), channels, channels);
    }

    Tensor forward(Tensor x) {
      long batch = x.size(0);
      long channels = x.size(1);
      Tensor places = norm.forward(x).reshape(batch, channels, -1).transpose(1, 2); // [B, L, C]
      Tensor attended =
          Attention.attend(
              query.forward(places).unsqueeze(1), // [B, 1, L, C]
              key.forward(places).unsqueeze(1),
              value.forward(places).unsqueeze(1));
      Tensor mixed = out.forward(attended.squeeze(1)); // [B, L, C]
      return x.add(mixed.transpose(1, 2).reshape(x.shape()));
    }
  }
}
