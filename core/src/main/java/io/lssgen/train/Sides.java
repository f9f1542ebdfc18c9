package io.lssgen.train;

import io.lssgen.errors.UsageException;

/** The sides that training pictures can have. */
final class Sides {
  /** {@link PixelLoss} halves a half-size picture twice and still compares neighbours. */
  private static final int SMALLEST = 16;

  private Sides() {}

  /**
   * @throws UsageException if {@code side} is too small or no multiple of {@code unit}
   */
  static void require(int side, int unit) {
    if (side < SMALLEST || side % unit != 0) {
      int nearest = Math.max(1, Math.round((float) side / unit)) * unit;
      while (nearest < SMALLEST) {
        nearest += unit;
      }
      throw new UsageException(
          "training: side wants a multiple of "
              + unit
              + " of at least "
              + SMALLEST
              + ", found "
              + side
              + "; the nearest that fits is "
              + nearest);
    }
  }
}
