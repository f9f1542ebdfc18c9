package io.lssgen.scenes;

/** The smallest rectangle of pixels around what is visible in a raster. */
record Bounds(int x, int y, int width, int height) {
  /** The bounds of the pixels whose alpha is at least this; an empty raster is an error. */
  static Bounds of(Raster raster, int alpha) {
    int left = raster.width();
    int top = raster.height();
    int right = -1;
    int bottom = -1;
    for (int y = 0; y < raster.height(); y++) {
      for (int x = 0; x < raster.width(); x++) {
        if (raster.argb()[y * raster.width() + x] >>> 24 >= alpha) {
          left = Math.min(left, x);
          right = Math.max(right, x);
          top = Math.min(top, y);
          bottom = y;
        }
      }
    }
    if (right < 0) {
      throw new IllegalArgumentException("a drawing without a visible pixel");
    }
    return new Bounds(left, top, right - left + 1, bottom - top + 1);
  }
}
