package io.lssgen.schedule;

import java.util.OptionalDouble;

/**
 * The settings that both EDM schedulers share (arXiv 2206.00364).
 *
 * @param min the smallest sigma that is evaluated
 * @param max the largest
 * @param rho the curvature of Karras' spread
 * @param mostSteps steps that a run may have
 */
record EdmSettings(
    double min,
    double max,
    SigmaSpread spread,
    double rho,
    int mostSteps,
    boolean endAtZero,
    Preconditioning.Edm preconditioning) {

  /** Reads the fields. */
  static EdmSettings of(SchedulerFields fields) {
    double min = fields.number("sigma_min", 0.002);
    double max = fields.number("sigma_max", 80);
    double data = fields.number("sigma_data", 0.5);
    double rho = fields.number("rho", SigmaSpread.RHO);
    if (!(min > 0 && max > min)) {
      throw fields.wrong("sigma_max", "a number above sigma_min above 0", max + " and " + min);
    }
    if (!(data > 0 && rho > 0)) {
      throw fields.wrong("sigma_data", "a number above 0, as rho does", data + " and " + rho);
    }
    boolean karras = fields.text("sigma_schedule", "karras", "exponential").equals("karras");
    String prediction = fields.text("prediction_type", "epsilon", "v_prediction");
    return new EdmSettings(
        min,
        max,
        karras ? SigmaSpread.KARRAS : SigmaSpread.EXPONENTIAL,
        rho,
        fields.positive("num_train_timesteps", 1000),
        fields.text("final_sigmas_type", "zero", "sigma_min").equals("zero"),
        new Preconditioning.Edm(data, prediction.equals("v_prediction")));
  }

  /** The levels; the denoiser is told log(σ)/4. */
  Schedule schedule(int steps) {
    DiffusionScheduler.requireSteps(steps, mostSteps);
    double[] sigmas = spread.sigmas(steps, max, min, rho);
    float[] timesteps = new float[steps];
    float[] noise = new float[steps + 1];
    for (int i = 0; i < steps; i++) {
      noise[i] = (float) sigmas[i];
      timesteps[i] = 0.25f * (float) Math.log(noise[i]);
    }
    noise[steps] = endAtZero ? 0 : noise[steps - 1];
    return new Schedule(timesteps, noise, OptionalDouble.empty());
  }

  /** The deviation of pure noise on clean latents. */
  double initialSigma() {
    return Math.sqrt(max * max + 1);
  }
}
