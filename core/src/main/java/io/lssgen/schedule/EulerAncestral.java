package io.lssgen.schedule;

import io.lssgen.tensor.NormalSource;
import io.lssgen.tensor.Tensor;
import io.lssgen.weights.ModelConfig;

/**
 * Euler's method with ancestral sampling (arXiv 2011.13456, appendix F; as in k-diffusion), equal
 * to diffusers' {@code EulerAncestralDiscreteScheduler}: each step goes below the next level and
 * adds fresh noise. Draws once in every step, in the last one too.
 */
public final class EulerAncestral extends DiffusionScheduler {
  static final String CLASS_NAME = "EulerAncestralDiscreteScheduler";

  private final DiffusionSettings settings;

  private EulerAncestral(DiffusionSettings settings) {
    super("euler-ancestral", new Preconditioning.Exploding(settings.prediction()));
    this.settings = settings;
  }

  /**
   * Reads {@code scheduler_config.json}; what it leaves out has diffusers' default.
   *
   * @throws io.lssgen.errors.ModelException if a field is unknown, invalid or not supported
   */
  public static EulerAncestral of(ModelConfig config) {
    SchedulerFields fields = new SchedulerFields(config);
    DiffusionSettings settings =
        DiffusionSettings.of(
            fields,
            DiffusionSettings.LINSPACE,
            NoiseTable.Terminal.FINITE,
            Prediction.EPSILON,
            Prediction.V_PREDICTION);
    fields.done();
    return new EulerAncestral(settings);
  }

  @Override
  public Schedule schedule(int steps, long imageTokens) {
    double[] timesteps = settings.timesteps(steps);
    return DiffusionSettings.schedule(timesteps, settings.sigmasAt(timesteps), 0);
  }

  @Override
  double initialSigma(Schedule schedule) {
    return Euler.initialSigma(schedule, settings.spacing());
  }

  @Override
  public Stepper stepper(Schedule schedule, NormalSource noise) {
    return new AncestralStepper(schedule, preconditioning(), noise);
  }

  private static final class AncestralStepper extends LevelStepper {
    private final NormalSource noise;

    AncestralStepper(Schedule schedule, Preconditioning preconditioning, NormalSource noise) {
      super(schedule, preconditioning);
      this.noise = noise;
    }

    @Override
    Tensor next(Tensor latents, Tensor prediction) {
      double from = sigma(0) * sigma(0);
      double to = sigma(1) * sigma(1);
      double up = to * (from - to) / from;
      double rest = Math.sqrt(to - up) / sigma(0);
      return latents
          .mul(rest)
          .add(clean(latents, prediction).mul(1 - rest))
          .add(noise.draw(latents.shape()).mul(Math.sqrt(up)));
    }
  }
}
