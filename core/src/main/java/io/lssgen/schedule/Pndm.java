package io.lssgen.schedule;

import io.lssgen.tensor.NormalSource;
import io.lssgen.tensor.Tensor;
import io.lssgen.weights.ModelConfig;

/**
 * Pseudo numerical methods for diffusion models (arXiv 2202.09778, the linear multi-step method),
 * equal to diffusers' {@code PNDMScheduler}: the default of Stable Diffusion 1.5.
 *
 * <p>The method begins anew in every stage. With {@code skip_prk_steps} the first step is evaluated
 * again at its end and corrected; else three steps of the pseudo Runge-Kutta method come first,
 * with four evaluations each.
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

  /** Runge's and Kutta's weights. */
  private static final double[] RUNGE_KUTTA = {1 / 6.0, 1 / 3.0, 1 / 3.0, 1 / 6.0};

  private static final int RUNGE_KUTTA_STEPS = WEIGHTS.length - 1;

  private final DiffusionSettings settings;
  private final boolean endsClean;
  private final boolean rungeKutta;

  private Pndm(DiffusionSettings settings, boolean endsClean, boolean rungeKutta) {
    super("pndm", new Preconditioning.Preserving(settings.prediction()));
    this.settings = settings;
    this.endsClean = endsClean;
    this.rungeKutta = rungeKutta;
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
    boolean rungeKutta = !fields.flag("skip_prk_steps", false);
    boolean endsClean = fields.flag("set_alpha_to_one", false);
    fields.done();
    return new Pndm(settings, endsClean, rungeKutta);
  }

  @Override
  public Schedule schedule(int steps, long imageTokens) {
    return settings
        .rounded(steps, endsClean)
        .visited(rungeKutta ? Schedule.Visits.RUNGE_KUTTA : Schedule.Visits.SECOND_TWICE);
  }

  @Override
  public Stepper stepper(Schedule schedule, NormalSource noise) {
    return new PndmStepper(schedule);
  }

  private final class PndmStepper extends LevelStepper {
    private final History predictions = new History(WEIGHTS.length);

    /** Where a step began that is not complete. */
    private final History beginning = new History(1);

    /** The weighted predictions of an incomplete Runge-Kutta step. */
    private final History sum = new History(1);

    /** Evaluations that an incomplete Runge-Kutta step has had. */
    private int part;

    PndmStepper(Schedule schedule) {
      super(schedule, Pndm.this.preconditioning());
    }

    private boolean warmsUp() {
      return rungeKutta && index() < RUNGE_KUTTA_STEPS;
    }

    private boolean corrects() {
      return beginning.size() == 1;
    }

    @Override
    boolean advances() {
      return warmsUp() ? part == RUNGE_KUTTA.length - 1 : !corrects();
    }

    private int stride() {
      return settings.table().timesteps() / fullSteps();
    }

    /** A Runge-Kutta step is evaluated at its beginning, twice in its middle, at its end. */
    @Override
    public float timestep() {
      float level = super.timestep();
      if (part == 0) {
        return level;
      }
      float end = schedule().timestep(index() + 1);
      return part == RUNGE_KUTTA.length - 1 ? end : end + stride() / 2;
    }

    @Override
    double evaluatedSigma() {
      return settings.table().sigma((int) timestep());
    }

    /** Section 3.3 of the paper, equation 13: one of the four parts of a step. */
    private Tensor rungeKutta(Tensor latents, Tensor prediction) {
      int at = (int) timestep();
      int level = (int) schedule().timestep(index());
      Tensor weighted = prediction.mul(RUNGE_KUTTA[part]);
      if (part == 0) {
        predictions.add(prediction.copy());
        beginning.add(latents.copy());
      } else {
        weighted = weighted.add(sum.get(0));
      }
      Tensor start = beginning.get(0);
      if (advances()) {
        Tensor next = transfer(start, weighted, level, at);
        part = 0;
        beginning.close();
        sum.close();
        return next;
      }
      int to = part == 1 ? at : at - stride() / 2;
      Tensor next = transfer(start, prediction, level, to);
      sum.add(weighted);
      part++;
      return next;
    }

    @Override
    Tensor next(Tensor latents, Tensor prediction) {
      if (warmsUp()) {
        return rungeKutta(latents, prediction);
      }
      int level = (int) timestep();
      int stride = stride();
      if (corrects()) {
        Tensor mean = prediction.add(predictions.get(0)).mul(0.5);
        Tensor next = transfer(beginning.get(0), mean, level + stride, level);
        beginning.close();
        return next;
      }
      predictions.add(prediction.copy());
      if (predictions.size() == 1 && !last()) { // never after Runge-Kutta: there are four by then
        beginning.add(latents.copy());
      }
      double[] weights = WEIGHTS[predictions.size() - 1];
      Tensor mixed = prediction.mul(weights[0]);
      for (int ago = 1; ago < weights.length; ago++) {
        mixed = mixed.add(predictions.get(ago).mul(weights[ago]));
      }
      return transfer(latents, mixed, level, level - stride);
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
      sum.close();
    }
  }
}
