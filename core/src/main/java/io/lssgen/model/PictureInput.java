package io.lssgen.model;

/**
 * What a denoiser is shown of a picture beside the latents of the run, in channels that follow
 * these.
 *
 * <p>Legend: B batch, C latent channels, h and w latents, f pixels along a latent's side.
 */
public enum PictureInput {
  /** Nothing, as in text-to-image. */
  NONE,
  /**
   * A mask, 1 where latents are made anew, then the latents of the picture, grey where it is made
   * anew: [B, 1 + C, h, w], as in Stable Diffusion's inpainting models.
   */
  MASK_THEN_LATENTS,
  /**
   * The latents of the picture, grey where it is made anew, then the mask in pixels, 0 or 1, f² of
   * them for each latent, row by row: [B, C + f², h, w], as in FLUX.1 Fill.
   */
  LATENTS_THEN_PIXELS,
  /**
   * The latents of a picture that is followed all the way, edges or depth: [B, C, h, w], as in
   * FLUX.1 Canny and Depth.
   */
  FOLLOWED,
  /**
   * Nothing in channels, but the latents of a picture of any size to make another of, as in FLUX.1
   * Kontext; such a model makes pictures without one, too. See {@link Denoiser#lookingAt}.
   */
  REFERENCE;

  /** Whether the model is made for inpainting: it wants a picture and a mask. */
  public boolean isMasked() {
    return this == MASK_THEN_LATENTS || this == LATENTS_THEN_PIXELS;
  }
}
