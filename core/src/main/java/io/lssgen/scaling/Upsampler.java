package io.lssgen.scaling;

import io.lssgen.tensor.Tensor;

/** A network that doubles a latent's sides. It can be trained: nothing is changed in place. */
public sealed interface Upsampler permits LatentUpsampler, ShuffleUpsampler {
  /** The shape of the network. */
  UpsamplerConfig config();

  /**
   * @param latents [B, C, h, w], clean, in the denoiser's space
   * @return [B, C, 2h, 2w], same space and type
   * @throws io.lssgen.errors.ModelException if C is not this network's
   */
  Tensor forward(Tensor latents);
}
