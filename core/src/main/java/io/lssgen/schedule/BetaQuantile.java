package io.lssgen.schedule;

/**
 * Quantiles of the symmetric beta distribution, by bisection of its distribution function; that is
 * summed as a power series (Abramowitz and Stegun, 26.5.4), which converges fast up to 1/2. Above,
 * the symmetry helps.
 */
final class BetaQuantile {
  private static final int HALVINGS = 100;
  private static final double SMALLEST_TERM = 1e-17;

  private BetaQuantile() {}

  /**
   * @param probability in [0, 1]
   * @param shape both parameters, above 0
   */
  static double of(double probability, double shape) {
    if (probability > 0.5) {
      return 1 - of(1 - probability, shape);
    }
    // At 1/2 the distribution function is 1/2: that gives the scale without a gamma function.
    double scale = 0.5 / series(0.5, shape);
    double low = 0;
    double high = 0.5;
    for (int i = 0; i < HALVINGS; i++) {
      double middle = (low + high) / 2;
      if (series(middle, shape) * scale < probability) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return (low + high) / 2;
  }

  /** The integral of (t(1 − t))^(shape − 1) from 0 to x, x at most 1/2. */
  private static double series(double x, double shape) {
    double coefficient = 1;
    double power = 1;
    double sum = 0;
    for (int n = 0; ; n++) {
      double term = coefficient * power / (shape + n);
      sum += term;
      if (Math.abs(term) < SMALLEST_TERM) {
        return Math.pow(x, shape) * sum;
      }
      coefficient *= (n + 1 - shape) / (n + 1);
      power *= x;
    }
  }
}
