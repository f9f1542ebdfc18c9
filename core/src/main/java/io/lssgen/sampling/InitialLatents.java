package io.lssgen.sampling;

import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What a stage has of a picture, at its size.
 *
 * @param begin latents [B, C, h, w] fp32 that the first stage begins with, noisy as its first level
 *     is; null: it begins with noise alone
 * @param kept what of a picture stays; null: nothing
 * @param shown what an inpainting model is shown beside the latents, [B, C + 1, h, w], asked for
 *     after the stage's noise was drawn; null: nothing
 */
public record InitialLatents(
    @Nullable Tensor begin, @Nullable Kept kept, @Nullable Supplier<Tensor> shown) {

  /**
   * A picture that stays, but for what a mask leaves free.
   *
   * @param clean its latents, [B, C, h, w] fp32
   * @param mask [1, 1, h, w] fp32, 1 where latents are made anew and 0 where they stay
   */
  public record Kept(Tensor clean, Tensor mask) {}

  /** The denoiser that is shown all that there is to see. */
  Predictor showing(Predictor denoiser) {
    if (shown == null) {
      return denoiser;
    }
    Tensor beside = shown.get();
    return (latents, timestep) -> {
      try (TensorScope scope = TensorScope.open()) {
        return scope.keep(denoiser.predict(Tensors.cat(List.of(latents, beside), 1), timestep));
      }
    };
  }
}
