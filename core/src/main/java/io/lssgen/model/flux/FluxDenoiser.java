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
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/** A {@link FluxTransformer} as the sampling loop sees it. */
public final class FluxDenoiser implements Denoiser {
  private static final double TIMESTEPS = 1000;

  private final FluxTransformer transformer;
  private final DType type;
  private final PictureInput shown;
  private final @Nullable Tensor reference;

  /**
   * @param type the type to compute in
   * @param looks whether it was trained to look at a picture (FLUX.1 Kontext)
   */
  public FluxDenoiser(FluxTransformer transformer, DType type, boolean looks) {
    this(transformer, type, shown(transformer.config(), looks), null);
  }

  private static PictureInput shown(FluxConfig config, boolean looks) {
    if (config.maskSide() > 0) {
      return PictureInput.LATENTS_THEN_PIXELS;
    }
    return config.followsPicture()
        ? PictureInput.FOLLOWED
        : looks ? PictureInput.REFERENCE : PictureInput.NONE;
  }

  private FluxDenoiser(
      FluxTransformer transformer, DType type, PictureInput shown, @Nullable Tensor reference) {
    this.transformer = transformer;
    this.type = type;
    this.shown = shown;
    this.reference = reference;
  }

  @Override
  public Denoiser lookingAt(Tensor picture) {
    if (shown != PictureInput.REFERENCE) {
      throw new UnsupportedOperationException("FLUX.1 Kontext alone looks at a picture");
    }
    return new FluxDenoiser(transformer, type, shown, picture);
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
      List<Tensor> pictures = new ArrayList<>(List.of(latents.to(type)));
      if (reference != null) {
        long[] shape = reference.shape();
        pictures.add(reference.to(type).expand(batch, shape[1], shape[2], shape[3]));
      }
      return scope.keep(
          transformer
              .outputs(
                  pictures,
                  Tensors.full(timestep, DType.F32, batch).div(TIMESTEPS),
                  pooled.expand(batch, pooled.size(1)),
                  states.expand(batch, states.size(1), states.size(2)),
                  guidance.isPresent()
                      ? Tensors.full(guidance.getAsDouble(), DType.F32, batch)
                      : null)
              .velocity());
    }
  }
}
