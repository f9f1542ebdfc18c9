package io.lssgen.sampling;

import io.lssgen.errors.UsageException;
import io.lssgen.model.Conditioning;
import io.lssgen.model.Denoiser;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * How strongly a run follows its prompt. Two independent means: a scale that a distilled model
 * reads as an input (FLUX.1-dev), and classifier-free guidance (arXiv 2207.12598), which evaluates
 * the denoiser twice.
 *
 * @param distilled the guidance embedding's input, at least 0; models without one ignore it
 * @param cfgScale 1: no classifier-free guidance; above 1: away from the negative prompt
 * @param rescale how far the guided prediction gets back the contrast of the one for the prompt
 *     alone, 0 (not at all) to 1 (arXiv 2305.08891, section 3.4)
 */
public record Guidance(double distilled, double cfgScale, double rescale) {

  public Guidance {
    if (!(distilled >= 0 && Double.isFinite(distilled))) {
      throw new UsageException("guidance must be at least 0, found " + distilled);
    }
    if (!(cfgScale >= 1 && Double.isFinite(cfgScale))) {
      throw new UsageException(
          "the scale of classifier-free guidance must be at least 1 (off), found " + cfgScale);
    }
    if (!(rescale >= 0 && rescale <= 1)) {
      throw new UsageException("the guidance rescale must be from 0 to 1, found " + rescale);
    }
  }

  /** A distilled scale alone. */
  public static Guidance distilled(double scale) {
    return new Guidance(scale, 1, 0);
  }

  /** Whether the negative prompt has an effect, and each step two evaluations. */
  public boolean usesNegative() {
    return cfgScale > 1;
  }

  /**
   * The denoiser with its prompts: as it is, or negative + cfgScale · (positive − negative).
   *
   * @param positive what the prompts say
   * @param negative what the negative prompts say; unused, and may be null, unless {@link
   *     #usesNegative()}
   * @throws IllegalArgumentException if {@code negative} is needed and missing
   */
  public Predictor predictor(
      Denoiser denoiser, Conditioning positive, @Nullable Conditioning negative) {
    OptionalDouble scale =
        denoiser.takesGuidance() ? OptionalDouble.of(distilled) : OptionalDouble.empty();
    Predictor plain = (z, timestep) -> denoiser.predict(z, timestep, positive, scale);
    if (!usesNegative()) {
      return plain;
    }
    if (negative == null) {
      throw new IllegalArgumentException(
          "classifier-free guidance of " + cfgScale + " wants a negative prompt, found none");
    }
    return (z, timestep) -> {
      try (TensorScope scope = TensorScope.open()) {
        Tensor towards = plain.predict(z, timestep).to(DType.F32);
        Tensor away = denoiser.predict(z, timestep, negative, scale).to(DType.F32);
        return scope.keep(rescaled(away.add(towards.sub(away).mul(cfgScale)), towards));
      }
    };
  }

  /** Equation 15 and 16: with the standard deviation of each image. */
  private Tensor rescaled(Tensor guided, Tensor towards) {
    if (rescale == 0) {
      return guided;
    }
    Tensor factor = deviation(towards).div(deviation(guided)); // [B, 1, 1, 1]
    return guided.mul(factor.mul(rescale).add(1 - rescale));
  }

  /** Up to a factor that both sides share. */
  private static Tensor deviation(Tensor values) {
    Tensor centred = values.sub(values.mean(true, 1, 2, 3));
    return centred.square().mean(true, 1, 2, 3).sqrt();
  }
}
