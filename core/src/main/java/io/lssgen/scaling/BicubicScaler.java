package io.lssgen.scaling;

import io.lssgen.tensor.Functional;
import io.lssgen.tensor.NormalSource;
import io.lssgen.tensor.Tensor;

/** Bicubic interpolation of the latents themselves (Keys' kernel with a = −0.75, as in torch). */
public final class BicubicScaler implements LatentScaler {
  @Override
  public Tensor scale(Tensor latents, NormalSource noise) {
    return doubled(latents);
  }

  /** [B, C, h, w] to [B, C, 2h, 2w]. */
  public static Tensor doubled(Tensor x) {
    return Functional.upsampleBicubic(x, 2 * x.size(2), 2 * x.size(3));
  }
}
