package io.lssgen.model.sd3;

import static java.util.Objects.requireNonNull;

import io.lssgen.model.Conditioning;
import io.lssgen.model.Denoiser;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.GradMode;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import java.util.OptionalDouble;

/** An {@link Sd3Transformer} as the sampling loop sees it. */
public final class Sd3Denoiser implements Denoiser {
  private final Sd3Transformer transformer;
  private final DType type;

  /**
   * @param type the type to compute in
   */
  public Sd3Denoiser(Sd3Transformer transformer, DType type) {
    this.transformer = transformer;
    this.type = type;
  }

  @Override
  public boolean takesGuidance() {
    return false;
  }

  @Override
  public Tensor predict(
      Tensor latents, float timestep, Conditioning conditioning, OptionalDouble guidance) {
    if (guidance.isPresent()) {
      throw new IllegalArgumentException("Stable Diffusion 3 is not told the guidance scale");
    }
    long batch = latents.size(0);
    try (GradMode off = GradMode.disabled();
        TensorScope scope = TensorScope.open()) {
      Tensor pooled =
          requireNonNull(conditioning.pooled(), "Stable Diffusion 3 wants a pooled text vector");
      Tensor states = conditioning.states();
      return scope.keep(
          transformer.forward(
              latents.to(type),
              Tensors.full(timestep, DType.F32, batch),
              pooled.expand(batch, pooled.size(1)),
              states.expand(batch, states.size(1), states.size(2))));
    }
  }
}
