package io.lssgen.model.vae;

import io.lssgen.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/**
 * An autoencoder as training sees it: whole batches, gradients where they are recorded, latents in
 * the denoiser's space. Computes in the type of its input, which must be that of its weights.
 *
 * <p>Legend: B batch, C latent channels, f pixels per latent, H = h·f and W = w·f.
 */
public interface PictureAutoencoder {
  /** C. */
  int channels();

  /** f. */
  int factor();

  /**
   * @param pictures [B, 3, H, W], values in [−1, 1]
   * @return the most probable latents, [B, C, h, w]
   */
  Tensor encode(Tensor pictures);

  /**
   * @param latents [B, C, h, w]
   * @return [B, 3, H, W], values about [−1, 1], not clamped
   */
  Tensor decode(Tensor latents);

  /** As {@link #decode} with the decoder's activations; empty where they cannot be had. */
  Optional<Inside> decodeInside(Tensor latents);

  /**
   * What the decoder's first level holds at the latents' size, [B, c, h, w]; empty where it cannot
   * be had.
   */
  Optional<Tensor> firstLevel(Tensor latents);

  /**
   * A decoded picture and what was seen on the way to it.
   *
   * @param picture [B, 3, H, W]
   * @param activations [B, c, h', w'] of each level, from the latents' size to the picture's
   */
  record Inside(Tensor picture, List<Tensor> activations) {
    public Inside {
      activations = List.copyOf(activations);
    }
  }

  /** The large kind: its activations are too large to compare. */
  static PictureAutoencoder of(AutoencoderKl network) {
    return new LargePictureAutoencoder(network);
  }

  /** The tiny kind. */
  static PictureAutoencoder of(AutoencoderTiny network) {
    return new TinyPictureAutoencoder(network);
  }
}
