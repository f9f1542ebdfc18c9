package io.lssgen.schedule;

import io.lssgen.errors.UsageException;
import java.util.OptionalDouble;

/**
 * The settings that schedulers of diffusion models share.
 *
 * @param table the noise levels of training
 * @param prediction what the model predicts
 * @param spacing which timesteps a run visits
 * @param offset added to the timesteps of leading spacing
 */
record DiffusionSettings(
    NoiseTable table, Prediction prediction, TimestepSpacing spacing, int offset) {
  /** What a class of diffusers has where its file says nothing. */
  record Defaults(double betaStart, double betaEnd, BetaSchedule betas, TimestepSpacing spacing) {}

  static final Defaults LINSPACE =
      new Defaults(0.0001, 0.02, BetaSchedule.LINEAR, TimestepSpacing.LINSPACE);
  static final Defaults LEADING =
      new Defaults(0.0001, 0.02, BetaSchedule.LINEAR, TimestepSpacing.LEADING);

  /**
   * Reads the shared fields.
   *
   * @param rescaled what rescale_betas_zero_snr makes of the last noise level in diffusers' class;
   *     nothing in some
   * @param predictions the types of prediction that diffusers has in this class
   */
  static DiffusionSettings of(
      SchedulerFields fields,
      Defaults defaults,
      NoiseTable.Terminal rescaled,
      Prediction... predictions) {
    fields.none("trained_betas");
    BetaSchedule schedule = fields.choice("beta_schedule", defaults.betas);
    double start = fields.number("beta_start", defaults.betaStart);
    double end = fields.number("beta_end", defaults.betaEnd);
    if (!(start > 0 && end >= start && end < 1)) {
      throw fields.wrong(
          "beta_end", "a number below 1 and at least beta_start above 0", start + " to " + end);
    }
    int timesteps = fields.positive("num_train_timesteps", 1000);
    boolean zero = fields.flag("rescale_betas_zero_snr", false);
    NoiseTable.Terminal terminal = zero ? rescaled : NoiseTable.Terminal.PLAIN;
    int offset = fields.integer("steps_offset", 0);
    if (offset < 0 || offset >= timesteps) {
      throw fields.wrong("steps_offset", "0 to " + (timesteps - 1), offset);
    }
    return new DiffusionSettings(
        NoiseTable.of(schedule.betas(timesteps, start, end), terminal),
        Prediction.of(fields, predictions),
        fields.choice("timestep_spacing", defaults.spacing),
        offset);
  }

  /** Timesteps of a run as the spacing has them. */
  double[] timesteps(int steps) {
    DiffusionScheduler.requireSteps(steps, table.timesteps());
    return within(spacing.timesteps(table.timesteps(), table.timesteps(), steps, 0, offset));
  }

  /** With many steps the offset can lead beyond what the model was trained with. */
  private double[] within(double[] timesteps) {
    if (timesteps[0] >= table.timesteps()) {
      throw new UsageException(
          "%d steps and the steps_offset of %d begin at timestep %d, but this model knows 0 to %d;"
                  .formatted(timesteps.length, offset, (int) timesteps[0], table.timesteps() - 1)
              + " ask for fewer steps");
    }
    return timesteps;
  }

  /** Sigmas at {@code timesteps}. */
  double[] sigmasAt(double[] timesteps) {
    double[] sigmas = new double[timesteps.length];
    for (int i = 0; i < sigmas.length; i++) {
      sigmas[i] = table.sigmaAt(timesteps[i]);
    }
    return sigmas;
  }

  /**
   * The levels of solvers that lay out one timestep more and tell the denoiser whole ones.
   *
   * @param last one above the largest timestep that may be visited
   * @param rounded whether timesteps of moved sigmas are rounded rather than cut off
   * @param end the sigma of the result
   */
  Schedule whole(int steps, int last, SigmaRange range, boolean rounded, double end) {
    DiffusionScheduler.requireSteps(steps, last - 1);
    double[] timesteps = within(spacing.timesteps(table.timesteps(), last, steps, 1, offset));
    for (int i = 0; i < steps; i++) {
      timesteps[i] = Math.rint(timesteps[i]);
    }
    double most = table.sigma(table.timesteps() - 1);
    double[] sigmas = range.sigmas(sigmasAt(timesteps), most, table.sigma(0));
    if (range.moved()) {
      for (int i = 0; i < steps; i++) {
        double timestep = table.timestepOf(sigmas[i]);
        timesteps[i] = rounded ? Math.rint(timestep) : Math.floor(timestep);
      }
    }
    return schedule(timesteps, sigmas, end);
  }

  /**
   * The levels of methods that know whole timesteps alone.
   *
   * @param endsClean whether the result has sigma 0, rather than that of timestep 0
   */
  Schedule rounded(int steps, boolean endsClean) {
    double[] timesteps = timesteps(steps);
    for (int i = 0; i < steps; i++) {
      timesteps[i] = Math.rint(timesteps[i]);
    }
    return schedule(timesteps, sigmasAt(timesteps), endsClean ? 0 : table.sigma(0));
  }

  /** The levels of solvers that may tell the denoiser fractions of timesteps; sigma ends at end. */
  Schedule fractional(int steps, SigmaRange range, double end) {
    double[] timesteps = timesteps(steps);
    double[] sigmas = range.sigmas(sigmasAt(timesteps));
    if (range.moved()) {
      for (int i = 0; i < steps; i++) {
        timesteps[i] = table.timestepOf(sigmas[i]);
      }
    }
    return schedule(timesteps, sigmas, end);
  }

  /** A schedule of these levels and one more sigma for the result. */
  static Schedule schedule(double[] timesteps, double[] sigmas, double end) {
    float[] levels = new float[timesteps.length];
    float[] noise = new float[timesteps.length + 1];
    for (int i = 0; i < levels.length; i++) {
      levels[i] = (float) timesteps[i];
      noise[i] = (float) sigmas[i];
    }
    noise[levels.length] = (float) end;
    return new Schedule(levels, noise, OptionalDouble.empty());
  }
}
