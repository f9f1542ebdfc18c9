package io.lssgen.scaling;

import io.lssgen.model.LatentCodec;
import io.lssgen.tensor.NormalSource;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;

/**
 * Scaling through pixels, as methods before latent scaling do (MegaFusion, arXiv 2408.11001):
 * decode, interpolate the picture, encode and sample. The picture is neither clamped nor rounded on
 * the way. The encoder's sample is drawn after the stage's noise.
 *
 * <p>Legend: B batch, C channels, h and w latents, H and W pixels.
 */
public final class PixelScaler implements LatentScaler {
  private final LatentCodec codec;

  public PixelScaler(LatentCodec codec) {
    this.codec = codec;
  }

  @Override
  public Tensor scale(Tensor latents, NormalSource noise) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor picture = codec.decode(latents); // [B, 3, H, W]
      Tensor doubled = BicubicScaler.doubled(picture); // [B, 3, 2H, 2W]
      return scope.keep(codec.sample(doubled, noise)); // [B, C, 2h, 2w]
    }
  }
}
