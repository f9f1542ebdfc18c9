package io.lssgen.train;

import io.lssgen.tensor.Tensor;

/**
 * The exponential moving average of the weights, which is what gets used. It follows quickly at
 * first: after step n the decay is at most (1 + n) / (10 + n).
 */
public final class Ema implements AutoCloseable {
  private final double decay;
  private final Tensor average;

  /**
   * @param decay [0, 1); 0 follows the weights exactly
   */
  public Ema(double decay, TrainableParameters parameters) {
    if (!(decay >= 0 && decay < 1)) {
      throw new IllegalArgumentException("the EMA's decay must be in [0, 1), found " + decay);
    }
    this.decay = decay;
    average = parameters.values().copy().release();
  }

  /** The average, fp32 [elements]: state to be saved and restored. */
  public Tensor average() {
    return average;
  }

  /** Takes in the weights after step {@code step}, counted from 1. */
  public void update(TrainableParameters parameters, long step) {
    double used = Math.min(decay, (1.0 + step) / (10.0 + step));
    average.lerpInPlace(parameters.values(), 1 - used);
  }

  @Override
  public void close() {
    average.close();
  }
}
