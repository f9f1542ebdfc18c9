package io.lssgen.nn;

/**
 * How a fresh parameter is filled before training; ignored when weights are loaded.
 *
 * @param kind the distribution
 * @param value the bound of UNIFORM (values in [−value, value)), the deviation of NORMAL, the value
 *     of CONSTANT, what DIRECTIONS adds
 */
public record Init(Kind kind, double value) {
  /** The distribution of fresh values. */
  public enum Kind {
    UNIFORM,
    NORMAL,
    CONSTANT,
    DIRECTIONS
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

  /**
   * A table [buckets, heads] of T5's relative positions (arXiv 1910.10683, section 2.1) with which
   * heads look one way, in turns of four: at the next {@value #NEAR} tokens, at the last {@value
   * #NEAR}, at all that follow, at all that came. T5's own begins near zero, and in a training of
   * thousands of steps, not of a million, it stays there: a text is then read as a bag of words.
   *
   * @param amount what is added to the scores of the tokens that a head looks at
   */
  public static Init directions(double amount) {
    return new Init(Kind.DIRECTIONS, amount);
  }

  /** Tokens that the heads of {@link #directions} see which look at the nearest alone. */
  public static final int NEAR = 3;

  /** Normal with mean 0. */
  public static Init normal(double deviation) {
    return new Init(Kind.NORMAL, deviation);
  }
}
