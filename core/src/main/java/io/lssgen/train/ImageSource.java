package io.lssgen.train;

import io.lssgen.image.RgbImage;

/** An endless, numbered sequence of training pictures; picture {@code i} depends on i alone. */
public interface ImageSource {
  /**
   * Picture {@code index}, {@code side} × {@code side} pixels. Called from one background thread.
   */
  RgbImage image(long index, int side);
}
