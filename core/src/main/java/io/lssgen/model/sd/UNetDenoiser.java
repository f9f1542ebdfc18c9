package io.lssgen.model.sd;

import static java.util.Objects.requireNonNull;

import io.lssgen.model.Conditioning;
import io.lssgen.model.Denoiser;
import io.lssgen.model.PictureInput;
import io.lssgen.model.unet.AddedConditions;
import io.lssgen.model.unet.UNet;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.GradMode;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * A {@link UNet} as the sampling loop sees it. Where it is told sizes (SDXL), they are those of the
 * latents at hand, uncropped: each stage of a staged run has its own.
 */
public final class UNetDenoiser implements Denoiser {
  private final UNet unet;
  private final int factor;
  private final DType type;

  /**
   * @param factor pixels per latent along a side
   * @param type the type to compute in
   */
  public UNetDenoiser(UNet unet, int factor, DType type) {
    this.unet = unet;
    this.factor = factor;
    this.type = type;
  }

  @Override
  public boolean takesGuidance() {
    return unet.config().guidanceSinusoids() > 0;
  }

  @Override
  public PictureInput shown() {
    return unet.config().takesMask() ? PictureInput.MASK_THEN_LATENTS : PictureInput.NONE;
  }

  @Override
  public Tensor predict(
      Tensor latents, float timestep, Conditioning conditioning, OptionalDouble guidance) {
    if (guidance.isPresent() != takesGuidance()) {
      throw new IllegalArgumentException(
          "this UNet wants " + (takesGuidance() ? "a guidance scale" : "no guidance scale"));
    }
    long batch = latents.size(0);
    try (GradMode off = GradMode.disabled();
        TensorScope scope = TensorScope.open()) {
      Tensor states = conditioning.states();
      return scope.keep(
          unet.forward(
              latents.to(type),
              Tensors.full(timestep, DType.F32, batch),
              states.expand(batch, states.size(1), states.size(2)),
              added(latents, conditioning.pooled()),
              guidance.isPresent()
                  ? Tensors.full(guidance.getAsDouble(), DType.F32, batch)
                  : null));
    }
  }

  private @Nullable AddedConditions added(Tensor latents, @Nullable Tensor pooled) {
    if (unet.config().addedWidth() == 0) {
      return null;
    }
    requireNonNull(pooled, "this UNet wants a pooled text vector");
    long batch = latents.size(0);
    float height = latents.size(2) * (float) factor;
    float width = latents.size(3) * (float) factor;
    return AddedConditions.uncropped(pooled.expand(batch, pooled.size(1)), height, width);
  }
}
