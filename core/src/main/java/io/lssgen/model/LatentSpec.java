package io.lssgen.model;

/**
 * The shape of a model's latents.
 *
 * @param channels channels of a latent
 * @param factor pixels per latent along a side
 * @param patch latents per token of the denoiser along a side; 1 where it has no tokens
 */
public record LatentSpec(int channels, int factor, int patch) {
  public LatentSpec {
    if (channels < 1 || factor < 1 || patch < 1) {
      throw new IllegalArgumentException(
          "channels, factor and patch must be at least 1, found %d, %d and %d"
              .formatted(channels, factor, patch));
    }
  }
}
