package io.lssgen.model.flux;

import io.lssgen.tensor.Tensor;

/**
 * Latents to tokens of 2×2 latents and back.
 *
 * <p>Legend: B batch, C latent channels, h and w latents, T = h·w/4 tokens in row-major order.
 */
final class Packing {
  private static final int P = FluxConfig.PATCH;

  private Packing() {}

  /** [B, C, h, w] to [B, T, C·4]; of a token's channels, C varies slowest, then row and column. */
  static Tensor pack(Tensor latents) {
    long batch = latents.size(0);
    long channels = latents.size(1);
    long rows = latents.size(2) / P;
    long columns = latents.size(3) / P;
    return latents
        .reshape(batch, channels, rows, P, columns, P)
        .permute(0, 2, 4, 1, 3, 5)
        .reshape(batch, rows * columns, channels * P * P);
  }

  /** [B, T, C·4] to [B, C, h, w]. */
  static Tensor unpack(Tensor tokens, long height, long width) {
    long batch = tokens.size(0);
    long channels = tokens.size(2) / (P * P);
    return tokens
        .reshape(batch, height / P, width / P, channels, P, P)
        .permute(0, 3, 1, 4, 2, 5)
        .reshape(batch, channels, height, width);
  }
}
