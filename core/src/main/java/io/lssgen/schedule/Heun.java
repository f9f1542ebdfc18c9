package io.lssgen.schedule;

import io.lssgen.tensor.NormalSource;
import io.lssgen.tensor.Tensor;
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
    return new HeunStepper(schedule);
  }

  private final class HeunStepper extends LevelStepper {
    /** While a step waits for its correction: its slope, then where it began. */
    private final History pending = new History(2);

    HeunStepper(Schedule schedule) {
      super(schedule, Heun.this.preconditioning());
    }

    @Override
    boolean advances() {
      return pending.size() == 0;
    }

    @Override
    public Tensor clean(Tensor latents, Tensor prediction) {
      return clip.of(super.clean(latents, prediction));
    }

    @Override
    Tensor next(Tensor latents, Tensor prediction) {
      Tensor slope = latents.sub(clean(latents, prediction)).div(sigma(0));
      if (advances()) {
        Tensor next = latents.add(slope.mul(sigma(1) - sigma(0)));
        if (!last()) {
          pending.add(latents.copy());
          pending.add(slope);
        }
        return next;
      }
      Tensor mean = slope.add(pending.get(0)).mul(0.5);
      Tensor next = pending.get(1).add(mean.mul(sigma(0) - sigma(-1)));
      pending.close();
      return next;
    }

    @Override
    public void close() {
      pending.close();
    }
  }
}
