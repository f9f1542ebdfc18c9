package io.lssgen.scenes;

/** How large the object of a {@link SceneKind#SINGLE} scene is, with gaps between the classes. */
public enum SceneSize {
  /** Captions say so: "a small dog". */
  SMALL(0.22, 0.28),
  /** Captions name no size. */
  NORMAL(0.45, 0.60),
  /** Captions say so: "a big dog". */
  BIG(0.75, 0.85);

  private final double least;
  private final double most;

  SceneSize(double least, double most) {
    this.least = least;
    this.most = most;
  }

  /** Smallest size of this class, as a fraction of the frame. */
  public double least() {
    return least;
  }

  /** Largest size of this class, as a fraction of the frame. */
  public double most() {
    return most;
  }

  /** The class whose range is nearest to a size. */
  public static SceneSize of(double size) {
    if (size < (SMALL.most + NORMAL.least) / 2) {
      return SMALL;
    }
    return size < (NORMAL.most + BIG.least) / 2 ? NORMAL : BIG;
  }
}
