package io.lssgen.model.flux;

import static java.util.Objects.requireNonNull;

import io.lssgen.model.Conditioning;
import io.lssgen.model.Denoiser;
import io.lssgen.model.PictureInput;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.GradMode;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import java.util.OptionalDouble;

/** A {@link FluxTransformer} as the sampling loop sees it. */
public final class FluxDenoiser implements Denoiser {
  private static final double TIMESTEPS = 1000;

  private final FluxTransformer transformer;
  private final DType type;
  private final PictureInput shown;

  /**
   * @param type the type to compute in
   * @param looks whether it was trained to look at a picture (FLUX.1 Kontext)
   */
  public FluxDenoiser(FluxTransformer transformer, DType type, boolean looks) {
    this.transformer = transformer;
    this.type = type;
    if (transformer.config().maskSide() > 0) {
      shown = PictureInput.LATENTS_THEN_PIXELS;
    } else {
      shown = looks ? PictureInput.REFERENCE : PictureInput.NONE;
    }
  }

  @Override
  public boolean takesGuidance() {
    return transformer.config().guidance();
  }

  @Override
  public PictureInput shown() {
    return shown;
  }

  @Override
  public Tensor predict(
      Tensor latents, float timestep, Conditioning conditioning, OptionalDouble guidance) {
    long batch = latents.size(0);
    try (GradMode off = GradMode.disabled();
        TensorScope scope = TensorScope.open()) {
      Tensor pooled = requireNonNull(conditioning.pooled(), "FLUX wants a pooled text vector");
      Tensor states = conditioning.states();
      return scope.keep(
          transformer.forward(
              latents.to(type),
              Tensors.full(timestep, DType.F32, batch).div(TIMESTEPS),
              pooled.expand(batch, pooled.size(1)),
              states.expand(batch, states.size(1), states.size(2)),
              guidance.isPresent()
                  ? Tensors.full(guidance.getAsDouble(), DType.F32, batch)
                  : null));
    }
  }
}
