package io.lssgen.sampling;

import io.lssgen.errors.UsageException;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;

/**
 * How strongly a run follows its prompt. Two independent means: a scale that a distilled model
 * reads as an input (FLUX.1-dev), and classifier-free guidance (arXiv 2207.12598), which evaluates
 * the denoiser twice.
 *
 * @param distilled the guidance embedding's input, at least 0; models without one ignore it
 * @param cfgScale 1: no classifier-free guidance; above 1: away from the negative prompt
 */
public record Guidance(double distilled, double cfgScale) {

  public Guidance {
    if (!(distilled >= 0 && Double.isFinite(distilled))) {
      throw new UsageException("guidance must be at least 0, found " + distilled);
    }
    if (!(cfgScale >= 1 && Double.isFinite(cfgScale))) {
      throw new UsageException(
          "the scale of classifier-free guidance must be at least 1 (off), found " + cfgScale);
    }
  }

  /** A distilled scale alone. */
  public static Guidance distilled(double scale) {
    return new Guidance(scale, 1);
  }

  /** Whether the negative prompt has an effect, and each step two evaluations. */
  public boolean usesNegative() {
    return cfgScale > 1;
  }

  /**
   * negative + scale · (positive − negative), in fp32.
   *
   * @param positive the denoiser with the prompt; its result belongs to the open scope
   * @param negative the denoiser with the negative prompt; not called without classifier-free
   *     guidance
   */
  public Predictor predictor(Predictor positive, Predictor negative) {
    if (!usesNegative()) {
      return positive;
    }
    return (latents, timestep) -> {
      try (TensorScope scope = TensorScope.open()) {
        Tensor towards = positive.predict(latents, timestep).to(DType.F32);
        Tensor away = negative.predict(latents, timestep).to(DType.F32);
        return scope.keep(away.add(towards.sub(away).mul(cfgScale)));
      }
    };
  }
}
