package io.lssgen.schedule;

import io.lssgen.errors.ModelException;
import io.lssgen.weights.ModelConfig;
import java.util.Set;

/**
 * The noise that a diffusion model is trained with, and what it is to predict, as its {@code
 * scheduler_config.json} says (arXiv 2006.11239): latents at timestep t are α·clean + σ·noise with
 * α² + σ² = 1. Pure Java, immutable.
 */
public final class TrainingNoise {
  /** The fields of {@code scheduler_config.json} that training depends on, or hands on. */
  public static final Set<String> FIELDS =
      Set.of(
          "num_train_timesteps",
          "beta_start",
          "beta_end",
          "beta_schedule",
          "rescale_betas_zero_snr",
          "prediction_type",
          "timestep_spacing",
          "steps_offset");

  private final NoiseTable table;
  private final Prediction prediction;

  private TrainingNoise(NoiseTable table, Prediction prediction) {
    this.table = table;
    this.prediction = prediction;
  }

  /**
   * A weighted sum of two tensors.
   *
   * @param first weight of the clean or of the noisy latents
   * @param second weight of the noise or of what the model says
   */
  public record Terms(double first, double second) {}

  /**
   * Reads {@code scheduler_config.json}; what it leaves out has diffusers' default for Euler's.
   *
   * @throws ModelException if a field is invalid, or the noise itself is to be predicted from
   *     nothing but noise
   */
  public static TrainingNoise of(ModelConfig config) {
    DiffusionSettings settings =
        DiffusionSettings.of(
            new SchedulerFields(config),
            DiffusionSettings.LINSPACE,
            NoiseTable.Terminal.PURE,
            Prediction.values());
    NoiseTable table = settings.table();
    if (settings.prediction() == Prediction.EPSILON && table.alpha(table.timesteps() - 1) == 0) {
      throw new ModelException(
          config.origin()
              + ": rescale_betas_zero_snr wants the prediction_type v_prediction or sample, found"
              + " epsilon, which says nothing about pure noise");
    }
    return new TrainingNoise(table, settings.prediction());
  }

  /** How many timesteps there are; the last is the noisiest. */
  public int timesteps() {
    return table.timesteps();
  }

  /** What the clean latents are multiplied with. */
  public double alpha(int timestep) {
    return Math.sqrt(table.alpha(timestep));
  }

  /** What the noise is multiplied with. */
  public double sigma(int timestep) {
    return Math.sqrt(1 - table.alpha(timestep));
  }

  /** What the model is to say, of clean latents and noise. */
  public Terms target(int timestep) {
    return switch (prediction) {
      case EPSILON -> new Terms(0, 1);
      case V_PREDICTION -> new Terms(-sigma(timestep), alpha(timestep));
      case SAMPLE -> new Terms(1, 0);
    };
  }

  /** The clean latents, of noisy latents and what the model says of them. */
  public Terms clean(int timestep) {
    Blend blend = prediction.clean(alpha(timestep), sigma(timestep));
    return new Terms(blend.latents(), blend.prediction());
  }

  /**
   * The weight of a squared error where signal over noise counts up to {@code most} (arXiv
   * 2303.09556, section 3.4).
   */
  public double minSnrWeight(int timestep, double most) {
    double ratio = table.alpha(timestep) / (1 - (double) table.alpha(timestep));
    double bounded = Math.min(ratio, most);
    return switch (prediction) {
      case EPSILON -> bounded / ratio;
      case V_PREDICTION -> bounded / (ratio + 1);
      case SAMPLE -> bounded;
    };
  }
}
