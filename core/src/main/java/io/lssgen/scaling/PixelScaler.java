package io.lssgen.scaling;

import io.lssgen.tensor.DType;
import io.lssgen.tensor.GradMode;
import io.lssgen.tensor.NormalSource;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;

/**
 * Scaling through pixels, as methods before latent scaling do (MegaFusion, arXiv 2408.11001):
 * decode, interpolate the picture, encode and sample. The picture is neither clamped nor rounded on
 * the way. The encoder's sample is drawn after the stage's noise.
 *
 * <p>Legend: B batch, C channels, h and w latents, H and W pixels.
 */
public final class PixelScaler implements LatentScaler {
  private final UnaryOperator<Tensor> decode;
  private final BiFunction<Tensor, NormalSource, Tensor> encode;

  /**
   * @param decode [B, C, h, w] in the denoiser's space to a picture [B, 3, H, W], about [−1, 1]
   * @param encode the way back, with a source for the sample that it draws
   */
  public PixelScaler(
      UnaryOperator<Tensor> decode, BiFunction<Tensor, NormalSource, Tensor> encode) {
    this.decode = decode;
    this.encode = encode;
  }

  @Override
  public Tensor scale(Tensor latents, NormalSource noise) {
    try (GradMode off = GradMode.disabled();
        TensorScope scope = TensorScope.open()) {
      Tensor picture = decode.apply(latents); // [B, 3, H, W]
      Tensor doubled = BicubicScaler.doubled(picture); // [B, 3, 2H, 2W]
      return scope.keep(encode.apply(doubled, noise).to(DType.F32)); // [B, C, 2h, 2w]
    }
  }
}
