package io.lssgen.eval;

/** The middle of some numbers, or the mean of the two in the middle. */
final class Median {
  private Median() {}

  /**
   * @param sorted ascending, at least one
   */
  static double of(double[] sorted) {
    return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
  }
}
