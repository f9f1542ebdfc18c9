package io.lssgen.model.sd3;

import io.lssgen.nn.Conv2d;
import io.lssgen.nn.Init;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;

/**
 * Latents to tokens with their positions, and tokens back to latents. Positions come from a square
 * table, of which smaller pictures have the middle.
 *
 * <p>Legend: B batch, C latent channels, h and w latents, T = h·w/4 tokens, D width, N positions
 * along a side.
 */
final class PatchEmbedding {
  private static final int P = Sd3Config.PATCH;

  private final Conv2d projection;
  private final Tensor table;
  private final int side;

  PatchEmbedding(Parameters parameters, Sd3Config config) {
    projection = new Conv2d(parameters.child("proj"), config.channels(), config.width(), P, P, 0);
    side = config.positions();
    // A table that no training changes; a model from nothing would have to compute it.
    table = parameters.tensor("pos_embed", Init.ZEROS, 1, (long) side * side, config.width());
  }

  /** [B, C, h, w] to [B, T, D] in row-major order. */
  Tensor tokens(Tensor latents) {
    long rows = latents.size(2) / P;
    long columns = latents.size(3) / P;
    try (TensorScope scope = TensorScope.open()) {
      Tensor embedded = projection.forward(latents); // [B, D, h/2, w/2]
      Tensor tokens = // [B, T, D]
          embedded.reshape(latents.size(0), table.size(2), rows * columns).transpose(1, 2);
      return scope.keep(tokens.add(positions(rows, columns).to(tokens.dtype())));
    }
  }

  private Tensor positions(long rows, long columns) {
    long width = table.size(2);
    return table
        .reshape(side, side, width)
        .narrow(0, (side - rows) / 2, rows)
        .narrow(1, (side - columns) / 2, columns)
        .reshape(1, rows * columns, width);
  }

  /** [B, T, 4·C], of whose channels C varies fastest, to [B, C, h, w]. */
  static Tensor latents(Tensor tokens, long height, long width) {
    long batch = tokens.size(0);
    long channels = tokens.size(2) / (P * P);
    return tokens
        .reshape(batch, height / P, width / P, P, P, channels)
        .permute(0, 5, 1, 3, 2, 4)
        .reshape(batch, channels, height, width);
  }
}
