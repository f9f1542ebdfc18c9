package io.lssgen.schedule;

import io.lssgen.tensor.NormalSource;
import io.lssgen.tensor.Tensor;
import io.lssgen.weights.ModelConfig;

/**
 * The linear multi-step method of Adams and Bashforth in sigma space (as in k-diffusion, on arXiv
 * 2206.00364), equal to diffusers' {@code LMSDiscreteScheduler} of order 4: the slopes of the last
 * levels are interpolated by a polynomial, which is integrated over the step.
 */
public final class LinearMultistep extends DiffusionScheduler {
  static final String CLASS_NAME = "LMSDiscreteScheduler";

  private static final int ORDER = 4;

  /** Gauss's points on [-1, 1]: two of them integrate polynomials up to degree 3 exactly. */
  private static final double[] GAUSS_POINTS = {-1 / Math.sqrt(3), 1 / Math.sqrt(3)};

  private final DiffusionSettings settings;
  private final SigmaRange range;

  private LinearMultistep(DiffusionSettings settings, SigmaRange range) {
    super("lms", new Preconditioning.Exploding(settings.prediction()));
    this.settings = settings;
    this.range = range;
  }

  /**
   * Reads {@code scheduler_config.json}; what it leaves out has diffusers' default.
   *
   * @throws io.lssgen.errors.ModelException if a field is unknown, invalid or not supported
   */
  public static LinearMultistep of(ModelConfig config) {
    SchedulerFields fields = new SchedulerFields(config);
    DiffusionSettings settings =
        DiffusionSettings.of(
            fields, DiffusionSettings.LINSPACE, NoiseTable.Terminal.PLAIN, Prediction.values());
    SigmaRange range = SigmaRange.spread(fields);
    fields.done();
    return new LinearMultistep(settings, range);
  }

  @Override
  public Schedule schedule(int steps, long imageTokens) {
    return settings.fractional(steps, range, 0);
  }

  @Override
  double initialSigma(Schedule schedule) {
    return Euler.initialSigma(schedule, settings.spacing());
  }

  @Override
  public Stepper stepper(Schedule schedule, NormalSource noise) {
    return new MultistepStepper(schedule, preconditioning());
  }

  private static final class MultistepStepper extends LevelStepper {
    private final History slopes = new History(ORDER);

    MultistepStepper(Schedule schedule, Preconditioning preconditioning) {
      super(schedule, preconditioning);
    }

    @Override
    Tensor next(Tensor latents, Tensor prediction) {
      slopes.add(latents.sub(clean(latents, prediction)).div(sigma(0)));
      Tensor next = latents;
      for (int ago = 0; ago < slopes.size(); ago++) {
        next = next.add(slopes.get(ago).mul(weight(ago)));
      }
      return next;
    }

    /** The integral, over the step, of the polynomial that is 1 at one known level, 0 at others. */
    private double weight(int ago) {
      double half = (sigma(1) - sigma(0)) / 2;
      double sum = 0;
      for (double point : GAUSS_POINTS) {
        double sigma = sigma(0) + half * (1 + point);
        double product = 1;
        for (int other = 0; other < slopes.size(); other++) {
          if (other != ago) {
            product *= (sigma - sigma(-other)) / (sigma(-ago) - sigma(-other));
          }
        }
        sum += product;
      }
      return sum * half;
    }

    @Override
    public void close() {
      slopes.close();
    }
  }
}
