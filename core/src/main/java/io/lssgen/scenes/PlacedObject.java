package io.lssgen.scenes;

import static java.util.Objects.requireNonNull;

/**
 * An object at its place in a square frame. It is drawn inside a square whose longer visible side
 * touches it, so that square is its bounding box or a little more.
 *
 * @param object id of the object
 * @param x centre, from 0 (left edge of the frame) to 1 (right)
 * @param y centre, from 0 (top) to 1 (bottom)
 * @param size side of its square, as a fraction of the frame's side
 */
public record PlacedObject(String object, double x, double y, double size) {
  /** Checks that the object lies within the frame. */
  public PlacedObject {
    requireNonNull(object, "object is null");
    double half = size / 2;
    if (!(size > 0 && x >= half && x <= 1 - half && y >= half && y <= 1 - half)) {
      throw new IllegalArgumentException(
          object + " of size " + size + " at (" + x + ", " + y + ") is not within the frame");
    }
  }

  /** Whether a place is in its square. */
  public boolean covers(double placeX, double placeY) {
    return Math.max(Math.abs(x - placeX), Math.abs(y - placeY)) < size / 2;
  }

  /** Whether the squares of both have a point in common. */
  public boolean overlaps(PlacedObject other) {
    double reach = (size + other.size) / 2;
    return Math.abs(x - other.x) < reach && Math.abs(y - other.y) < reach;
  }
}
