package io.lssgen.schedule;

import io.lssgen.tensor.NormalSource;
import io.lssgen.tensor.Tensor;
import io.lssgen.weights.ModelConfig;
import java.util.OptionalDouble;

/**
 * Euler's method in sigma space (arXiv 2206.00364, algorithm 2 without churn), equal to diffusers'
 * {@code EulerDiscreteScheduler}: the default of SDXL. Latents are clean + σ·noise.
 */
public final class Euler extends DiffusionScheduler {
  static final String CLASS_NAME = "EulerDiscreteScheduler";

  private final DiffusionSettings settings;
  private final SigmaRange range;
  private final boolean continuous;

  private Euler(DiffusionSettings settings, SigmaRange range, boolean continuous) {
    super("euler", new Preconditioning.Exploding(settings.prediction()));
    this.settings = settings;
    this.range = range;
    this.continuous = continuous;
  }

  /**
   * Reads {@code scheduler_config.json}; what it leaves out has diffusers' default.
   *
   * @throws io.lssgen.errors.ModelException if a field is unknown, invalid or not supported
   */
  public static Euler of(ModelConfig config) {
    SchedulerFields fields = new SchedulerFields(config);
    DiffusionSettings settings =
        DiffusionSettings.of(
            fields, DiffusionSettings.LINSPACE, NoiseTable.Terminal.FINITE, Prediction.values());
    SigmaRange range = SigmaRange.of(fields, true);
    fields.text("interpolation_type", "linear");
    boolean continuous =
        fields.text("timestep_type", "discrete", "continuous").equals("continuous")
            && settings.prediction() == Prediction.V_PREDICTION; // diffusers' rule, too
    fields.done();
    return new Euler(settings, range, continuous);
  }

  @Override
  public Schedule schedule(int steps, long imageTokens) {
    Schedule schedule = settings.fractional(steps, range, range.end(settings.table()));
    if (!continuous) {
      return schedule;
    }
    float[] timesteps = new float[steps];
    for (int i = 0; i < steps; i++) {
      timesteps[i] = (float) (0.25 * Math.log(schedule.sigma(i)));
    }
    return new Schedule(timesteps, schedule.sigmas(), OptionalDouble.empty());
  }

  @Override
  double initialSigma(Schedule schedule) {
    return initialSigma(schedule, settings.spacing());
  }

  /** With leading spacing the first level is not pure noise: its variance is a little larger. */
  static double initialSigma(Schedule schedule, TimestepSpacing spacing) {
    double sigma = schedule.sigma(0);
    return spacing == TimestepSpacing.LEADING ? Math.sqrt(sigma * sigma + 1) : sigma;
  }

  @Override
  public Stepper stepper(Schedule schedule, NormalSource noise) {
    return new EulerStepper(schedule, preconditioning());
  }

  /** One step along the line through the clean latents. */
  static final class EulerStepper extends LevelStepper {
    EulerStepper(Schedule schedule, Preconditioning preconditioning) {
      super(schedule, preconditioning);
    }

    @Override
    Tensor next(Tensor latents, Tensor prediction) {
      double rest = sigma(1) / sigma(0);
      return latents.mul(rest).add(clean(latents, prediction).mul(1 - rest));
    }
  }
}
