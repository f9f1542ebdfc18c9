package io.lssgen.schedule;

/** How the sigmas of a run lie between the largest and the smallest. Pure Java. */
public enum SigmaSpread {
  /** Where the timesteps put them. */
  TIMESTEPS,
  /** Even in σ^(1/7) (arXiv 2206.00364, equation 5). */
  KARRAS,
  /** Even in log σ. */
  EXPONENTIAL,
  /** Quantiles of the beta distribution with both parameters 0.6 (arXiv 2407.12173). */
  BETA;

  /** The rho of arXiv 2206.00364. */
  static final double RHO = 7;

  private static final double BETA_SHAPE = 0.6;

  /** Reads the three switches of diffusers, of which one at most may be on. */
  static SigmaSpread of(SchedulerFields fields) {
    SigmaSpread spread = TIMESTEPS;
    for (SigmaSpread each : new SigmaSpread[] {KARRAS, EXPONENTIAL, BETA}) {
      String name = each.field();
      if (fields.flag(name, false)) {
        if (spread != TIMESTEPS) {
          throw fields.wrong(name, "false beside another kind of sigmas", true);
        }
        spread = each;
      }
    }
    return spread;
  }

  /** The switch that diffusers' settings have for it. */
  String field() {
    return "use_" + SchedulerFields.label(this) + "_sigmas";
  }

  /** Sigmas falling from {@code max} to {@code min}; not for {@link #TIMESTEPS}. */
  double[] sigmas(int steps, double max, double min) {
    return sigmas(steps, max, min, RHO);
  }

  double[] sigmas(int steps, double max, double min, double rho) {
    double[] sigmas = new double[steps];
    for (int i = 0; i < steps; i++) {
      double ramp = steps == 1 ? 0 : i / (double) (steps - 1);
      sigmas[i] =
          switch (this) {
            case KARRAS -> {
              double top = Math.pow(max, 1 / rho);
              yield Math.pow(top + ramp * (Math.pow(min, 1 / rho) - top), rho);
            }
            case EXPONENTIAL -> Math.exp(Math.log(max) + ramp * (Math.log(min) - Math.log(max)));
            case BETA -> min + BetaQuantile.of(1 - ramp, BETA_SHAPE) * (max - min);
            case TIMESTEPS -> throw new IllegalStateException("the timesteps decide");
          };
    }
    return sigmas;
  }
}
