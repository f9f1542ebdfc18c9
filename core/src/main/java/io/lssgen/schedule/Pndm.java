package io.lssgen.schedule;

import io.lssgen.tensor.NormalSource;
import io.lssgen.tensor.Tensor;
import io.lssgen.weights.ModelConfig;

/**
 * Pseudo numerical methods for diffusion models (arXiv 2202.09778, the linear multi-step method),
 * equal to diffusers' {@code PNDMScheduler} with {@code skip_prk_steps}: the default of Stable
 * Diffusion 1.5. The first step is evaluated again at its end and corrected, in later stages too.
 */
public final class Pndm extends DiffusionScheduler {
  static final String CLASS_NAME = "PNDMScheduler";

  /** Adams' and Bashforth's weights, the latest prediction's first, by how many there are. */
  private static final double[][] WEIGHTS = {
    {1},
    {3 / 2.0, -1 / 2.0},
    {23 / 12.0, -16 / 12.0, 5 / 12.0},
    {55 / 24.0, -59 / 24.0, 37 / 24.0, -9 / 24.0}
  };

  private final DiffusionSettings settings;
  private final boolean endsClean;

  private Pndm(DiffusionSettings settings, boolean endsClean) {
    super("pndm", new Preconditioning.Preserving(settings.prediction()));
    this.settings = settings;
    this.endsClean = endsClean;
  }

  /**
   * Reads {@code scheduler_config.json}; what it leaves out has diffusers' default.
   *
   * @throws io.lssgen.errors.ModelException if a field is unknown, invalid or not supported
   */
  public static Pndm of(ModelConfig config) {
    SchedulerFields fields = new SchedulerFields(config);
    DiffusionSettings settings =
        DiffusionSettings.of(
            fields,
            DiffusionSettings.LEADING,
            NoiseTable.Terminal.PLAIN,
            Prediction.EPSILON,
            Prediction.V_PREDICTION);
    if (!fields.flag("skip_prk_steps", false)) {
      throw fields.wrong("skip_prk_steps", "true (Runge-Kutta steps are not supported)", false);
    }
    boolean endsClean = fields.flag("set_alpha_to_one", false);
    fields.done();
    return new Pndm(settings, endsClean);
  }

  @Override
  public Schedule schedule(int steps, long imageTokens) {
    double[] timesteps = settings.timesteps(steps);
    for (int i = 0; i < steps; i++) {
      timesteps[i] = Math.rint(timesteps[i]);
    }
    double end = endsClean ? 0 : settings.table().sigma(0);
    return DiffusionSettings.schedule(timesteps, settings.sigmasAt(timesteps), end)
        .visited(Schedule.Visits.SECOND_TWICE);
  }

  @Override
  double initialSigma(Schedule schedule) {
    return 1;
  }

  @Override
  public Stepper stepper(Schedule schedule, NormalSource noise) {
    return new PndmStepper(schedule);
  }

  private final class PndmStepper extends LevelStepper {
    private final History predictions = new History(WEIGHTS.length);

    /** Where the first step began, until it is corrected. */
    private final History beginning = new History(1);

    PndmStepper(Schedule schedule) {
      super(schedule, Pndm.this.preconditioning());
    }

    private boolean corrects() {
      return beginning.size() == 1;
    }

    @Override
    boolean advances() {
      return !corrects();
    }

    @Override
    Tensor next(Tensor latents, Tensor prediction) {
      int level = (int) timestep();
      int stride = settings.table().timesteps() / fullSteps();
      if (corrects()) {
        Tensor mean = prediction.add(predictions.get(0)).mul(0.5);
        Tensor next = transfer(beginning.get(0), mean, level + stride, level);
        beginning.close();
        return next;
      }
      predictions.add(prediction.copy());
      if (predictions.size() == 1 && !last()) {
        beginning.add(latents.copy());
      }
      double[] weights = WEIGHTS[predictions.size() - 1];
      Tensor sum = prediction.mul(weights[0]);
      for (int ago = 1; ago < weights.length; ago++) {
        sum = sum.add(predictions.get(ago).mul(weights[ago]));
      }
      return transfer(latents, sum, level, level - stride);
    }

    /** Equation 11 of the paper: from one timestep to another along a prediction. */
    private Tensor transfer(Tensor latents, Tensor prediction, int from, int to) {
      double before = alpha(from);
      double after = alpha(to);
      Tensor epsilon =
          settings.prediction() == Prediction.V_PREDICTION
              ? new Blend(Math.sqrt(1 - before), Math.sqrt(before)).of(latents, prediction)
              : prediction;
      double divisor = before * Math.sqrt(1 - after) + Math.sqrt(before * (1 - before) * after);
      return new Blend(Math.sqrt(after / before), (before - after) / divisor).of(latents, epsilon);
    }

    private double alpha(int timestep) {
      NoiseTable table = settings.table();
      return timestep >= 0 ? table.alpha(timestep) : endsClean ? 1 : table.alpha(0);
    }

    @Override
    public void close() {
      predictions.close();
      beginning.close();
    }
  }
}
