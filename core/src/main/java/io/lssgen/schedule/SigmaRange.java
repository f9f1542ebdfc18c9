package io.lssgen.schedule;

import java.util.OptionalDouble;

/**
 * How a run's sigmas are spread and where they end.
 *
 * @param max the largest, where a file sets it
 * @param min the smallest that is evaluated, where a file sets it
 * @param endAtZero whether the result has sigma 0, rather than that of timestep 0
 */
record SigmaRange(SigmaSpread spread, OptionalDouble max, OptionalDouble min, boolean endAtZero) {
  /** Reads only how they are spread: for classes of diffusers that always end at 0. */
  static SigmaRange spread(SchedulerFields fields) {
    return new SigmaRange(
        SigmaSpread.of(fields), OptionalDouble.empty(), OptionalDouble.empty(), true);
  }

  /** Reads the fields; {@code limits}: whether diffusers' class has sigma_min and sigma_max. */
  static SigmaRange of(SchedulerFields fields, boolean limits) {
    return new SigmaRange(
        SigmaSpread.of(fields),
        limits ? limit(fields, "sigma_max") : OptionalDouble.empty(),
        limits ? limit(fields, "sigma_min") : OptionalDouble.empty(),
        fields.text("final_sigmas_type", "zero", "sigma_min").equals("zero"));
  }

  private static OptionalDouble limit(SchedulerFields fields, String name) {
    if (!fields.has(name)) {
      return OptionalDouble.empty();
    }
    double value = fields.number(name, 0);
    if (!(value > 0)) {
      throw fields.wrong(name, "a number above 0", value);
    }
    return OptionalDouble.of(value);
  }

  /** Whether sigmas leave the places that the timesteps give them. */
  boolean moved() {
    return spread != SigmaSpread.TIMESTEPS;
  }

  /** Spreads {@code sigmas}, falling, between its own ends. */
  double[] sigmas(double[] sigmas) {
    return sigmas(sigmas, sigmas[0], sigmas[sigmas.length - 1]);
  }

  /** Spreads {@code sigmas} between the given ends, if they are to be moved at all. */
  double[] sigmas(double[] sigmas, double largest, double smallest) {
    return moved()
        ? spread.sigmas(sigmas.length, max.orElse(largest), min.orElse(smallest))
        : sigmas;
  }

  /** The result's sigma. */
  double end(NoiseTable table) {
    return endAtZero ? 0 : table.sigma(0);
  }
}
