package io.lssgen.schedule;

import io.lssgen.tensor.NormalSource;
import io.lssgen.tensor.Tensor;
import io.lssgen.weights.ModelConfig;

/**
 * Multi-step sampling of latent consistency models (arXiv 2310.04378, algorithm 3), equal to
 * diffusers' {@code LCMScheduler}: jump to the clean latents, add noise of the next level. Draws
 * once in every step but the last.
 */
public final class Lcm extends DiffusionScheduler {
  static final String CLASS_NAME = "LCMScheduler";

  private static final DiffusionSettings.Defaults DEFAULTS =
      new DiffusionSettings.Defaults(
          0.00085, 0.012, BetaSchedule.SCALED_LINEAR, TimestepSpacing.LEADING);

  private final DiffusionSettings settings;
  private final CleanClip clip;
  private final int distilledSteps;
  private final ConsistencyBoundary boundary;

  private Lcm(
      DiffusionSettings settings,
      CleanClip clip,
      int distilledSteps,
      ConsistencyBoundary boundary) {
    super("lcm", new Preconditioning.Preserving(settings.prediction()));
    this.settings = settings;
    this.clip = clip;
    this.distilledSteps = distilledSteps;
    this.boundary = boundary;
  }

  /**
   * Reads {@code scheduler_config.json}; what it leaves out has diffusers' default.
   *
   * @throws io.lssgen.errors.ModelException if a field is unknown, invalid or not supported
   */
  public static Lcm of(ModelConfig config) {
    SchedulerFields fields = new SchedulerFields(config);
    DiffusionSettings settings =
        DiffusionSettings.of(fields, DEFAULTS, NoiseTable.Terminal.PURE, Prediction.values());
    CleanClip clip = CleanClip.of(fields, false);
    fields.flag("set_alpha_to_one", true); // without effect: no step goes below the first timestep
    int steps = fields.positive("original_inference_steps", 50);
    if (steps > settings.table().timesteps()) {
      throw fields.wrong("original_inference_steps", "at most num_train_timesteps", steps);
    }
    double scale = fields.number("timestep_scaling", ConsistencyBoundary.PUBLISHED.timestepScale());
    fields.done();
    return new Lcm(settings, clip, steps, new ConsistencyBoundary(scale));
  }

  /** Evenly chosen from the timesteps of the distillation; the spacing has no effect. */
  @Override
  public Schedule schedule(int steps, long imageTokens) {
    requireSteps(steps, distilledSteps);
    int stride = settings.table().timesteps() / distilledSteps;
    double skip = distilledSteps / (double) steps;
    double[] timesteps = new double[steps];
    for (int i = 0; i < steps; i++) {
      timesteps[i] = (distilledSteps - Math.floor(i * skip)) * stride - 1;
    }
    return DiffusionSettings.schedule(timesteps, settings.sigmasAt(timesteps), 0);
  }

  @Override
  public Stepper stepper(Schedule schedule, NormalSource noise) {
    return new LcmStepper(schedule, noise);
  }

  private final class LcmStepper extends LevelStepper {
    private final NormalSource noise;

    LcmStepper(Schedule schedule, NormalSource noise) {
      super(schedule, Lcm.this.preconditioning());
      this.noise = noise;
    }

    /** With the boundary condition: at timestep 0 the latents are clean already. */
    @Override
    public Tensor clean(Tensor latents, Tensor prediction) {
      return clip.of(super.clean(latents, prediction))
          .mul(boundary.out(timestep()))
          .add(latents.mul(boundary.skip(timestep())));
    }

    @Override
    Tensor next(Tensor latents, Tensor prediction) {
      Tensor clean = clean(latents, prediction);
      if (last()) {
        return clean;
      }
      Tensor fresh = noise.draw(latents.shape());
      return clean
          .mul(preconditioning().alpha(sigma(1)))
          .add(fresh.mul(preconditioning().std(sigma(1))));
    }
  }
}
