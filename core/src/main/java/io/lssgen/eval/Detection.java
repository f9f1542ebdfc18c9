package io.lssgen.eval;

import org.jspecify.annotations.Nullable;

/**
 * An object that the detector sees.
 *
 * @param object id of the object; null if the detector is not sure what it is, or whether it is
 *     there at all
 * @param x centre, from 0 (left edge of the frame) to 1 (right)
 * @param y centre, from 0 (top) to 1 (bottom)
 * @param size side of its square, as a fraction of the frame's side
 * @param confidence of the object being there and being of this kind, 0 to 1
 */
public record Detection(
    @Nullable String object, double x, double y, double size, double confidence) {

  /** Whether the detector vouches for it. */
  public boolean sure() {
    return object != null;
  }

  /** The share of the smaller square that both squares cover, 0 to 1. */
  public double overlap(Detection other) {
    double across = shared(x, size, other.x, other.size);
    double down = shared(y, size, other.y, other.size);
    double smaller = Math.min(size, other.size);
    return across * down / (smaller * smaller);
  }

  private static double shared(double a, double aSize, double b, double bSize) {
    double from = Math.max(a - aSize / 2, b - bSize / 2);
    double to = Math.min(a + aSize / 2, b + bSize / 2);
    return Math.max(0, to - from);
  }
}
