package io.lssgen.scenes;

/** Where one object is, seen from another. */
public enum Relation {
  /** Its centre is farther left, at about the same height. */
  LEFT_OF,
  /** Its centre is farther right, at about the same height. */
  RIGHT_OF,
  /** Its centre is higher, about straight above. */
  ABOVE,
  /** Its centre is lower, about straight below. */
  BELOW;

  /** What {@code a} is to {@code b}: along the axis on which their centres lie farther apart. */
  public static Relation between(PlacedObject a, PlacedObject b) {
    return between(a.x() - b.x(), a.y() - b.y());
  }

  /**
   * What one thing is to another, along the axis on which their centres lie farther apart.
   *
   * @param dx how much farther right its centre lies, negative if left
   * @param dy how much lower its centre lies, negative if higher
   */
  public static Relation between(double dx, double dy) {
    if (Math.abs(dx) >= Math.abs(dy)) {
      return dx < 0 ? LEFT_OF : RIGHT_OF;
    }
    return dy < 0 ? ABOVE : BELOW;
  }

  /** Whether this is {@link #LEFT_OF} or {@link #RIGHT_OF}. */
  public boolean horizontal() {
    return this == LEFT_OF || this == RIGHT_OF;
  }
}
