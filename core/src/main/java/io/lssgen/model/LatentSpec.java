package io.lssgen.model;

import io.lssgen.errors.UsageException;

/**
 * The shape of a model's latents.
 *
 * @param channels channels of a latent
 * @param factor pixels per latent along a side
 * @param patch latents per token of the denoiser along a side; 1 where it has no tokens
 * @param most latents along a side that the denoiser has positions for
 */
public record LatentSpec(int channels, int factor, int patch, int most) {
  public LatentSpec {
    if (channels < 1 || factor < 1 || patch < 1) {
      throw new IllegalArgumentException(
          "channels, factor and patch must be at least 1, found %d, %d and %d"
              .formatted(channels, factor, patch));
    }
  }

  /** Of pictures of any size. */
  public LatentSpec(int channels, int factor, int patch) {
    this(channels, factor, patch, Integer.MAX_VALUE);
  }

  /**
   * Checks that the denoiser has positions for a picture.
   *
   * @throws UsageException if a side is too long
   */
  public void requireFits(int width, int height) {
    if (Math.max(width, height) / factor > most) {
      throw new UsageException(
          "the model makes pictures of up to %d pixels a side, found %dx%d; choose a smaller size and enlarge what comes out"
              .formatted((long) most * factor, width, height));
    }
  }
}
