package io.lssgen.schedule;

import io.lssgen.tensor.NormalSource;
import io.lssgen.weights.ModelConfig;

/**
 * Heun's method in sigma space (arXiv 2206.00364, algorithm 1), equal to diffusers' {@code
 * HeunDiscreteScheduler}: every step but the last is evaluated again at its end and corrected.
 */
public final class Heun extends DiffusionScheduler {
  static final String CLASS_NAME = "HeunDiscreteScheduler";

  private static final DiffusionSettings.Defaults DEFAULTS =
      new DiffusionSettings.Defaults(0.00085, 0.012, BetaSchedule.LINEAR, TimestepSpacing.LINSPACE);

  private final DiffusionSettings settings;
  private final SigmaRange range;
  private final CleanClip clip;

  private Heun(DiffusionSettings settings, SigmaRange range, CleanClip clip) {
    super("heun", new Preconditioning.Exploding(settings.prediction()));
    this.settings = settings;
    this.range = range;
    this.clip = clip;
  }

  /**
   * Reads {@code scheduler_config.json}; what it leaves out has diffusers' default.
   *
   * @throws io.lssgen.errors.ModelException if a field is unknown, invalid or not supported
   */
  public static Heun of(ModelConfig config) {
    SchedulerFields fields = new SchedulerFields(config);
    DiffusionSettings settings =
        DiffusionSettings.of(fields, DEFAULTS, NoiseTable.Terminal.PLAIN, Prediction.values());
    SigmaRange range = SigmaRange.spread(fields);
    CleanClip clip = CleanClip.of(fields, false);
    fields.done();
    return new Heun(settings, range, clip);
  }

  @Override
  public Schedule schedule(int steps, long imageTokens) {
    return settings.fractional(steps, range, 0).visited(Schedule.Visits.TWICE);
  }

  @Override
  double initialSigma(Schedule schedule) {
    return Euler.initialSigma(schedule, settings.spacing());
  }

  @Override
  public Stepper stepper(Schedule schedule, NormalSource noise) {
    return new HeunStepper(schedule, preconditioning(), clip);
  }
}
