package io.lssgen.nn;

/**
 * How a fresh parameter is filled before training; ignored when weights are loaded.
 *
 * @param kind the distribution
 * @param value the bound of UNIFORM (values in [−value, value)), the deviation of NORMAL, the value
 *     of CONSTANT
 */
public record Init(Kind kind, double value) {
  /** The distribution of fresh values. */
  public enum Kind {
    UNIFORM,
    NORMAL,
    CONSTANT
  }

  public static final Init ZEROS = new Init(Kind.CONSTANT, 0);
  public static final Init ONES = new Init(Kind.CONSTANT, 1);

  /** Uniform in ±1/√fanIn, the default of torch's linear and convolution layers. */
  public static Init fanIn(long fanIn) {
    return new Init(Kind.UNIFORM, 1 / Math.sqrt(fanIn));
  }

  /**
   * Uniform with variance 1 / fanIn, so that a signal keeps its size through a chain of
   * convolutions; torch's default shrinks it to a third of its power at each.
   */
  public static Init keepingVariance(long fanIn) {
    return new Init(Kind.UNIFORM, Math.sqrt(3.0 / fanIn));
  }

  /** Uniform with variance 2 / (in + out), which keeps signals and gradients alike (Xavier). */
  public static Init xavier(long in, long out) {
    return new Init(Kind.UNIFORM, Math.sqrt(6.0 / (in + out)));
  }

  /** Normal with mean 0. */
  public static Init normal(double deviation) {
    return new Init(Kind.NORMAL, deviation);
  }
}
