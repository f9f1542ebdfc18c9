package io.lssgen.pipeline;

import io.lssgen.image.ImageSize;
import io.lssgen.image.RgbImage;
import java.util.OptionalInt;

/**
 * The shape of a picture, for others that are made of it in as many pixels as a model's own.
 *
 * @param width pixels
 * @param height pixels
 */
public record PictureShape(int width, int height) {
  /** Sides that are chosen here are multiples of what every autoencoder's are. */
  private static final int SIDES = 64;

  /** Times that: more than is ever allowed. */
  private static final int MOST = 1 << 10;

  /** The shape of {@code picture}. */
  public static PictureShape of(RgbImage picture) {
    return new PictureShape(picture.width(), picture.height());
  }

  /**
   * Sides of this shape, but for those that are asked for.
   *
   * @param most how many pixels a picture has at most of which no side is asked for
   */
  public ImageSize sides(OptionalInt wanted, OptionalInt wantedHeight, long most) {
    double ratio = (double) width / height;
    if (wanted.isPresent()) {
      int side = wanted.getAsInt();
      return new ImageSize(side, wantedHeight.orElseGet(() -> rounded(side / ratio)));
    }
    if (wantedHeight.isPresent()) {
      int side = wantedHeight.getAsInt();
      return new ImageSize(rounded(side * ratio), side);
    }
    int wide = rounded(Math.sqrt(ratio * most));
    int high = rounded(Math.sqrt(most / ratio));
    while ((long) wide * high > most && Math.max(wide, high) > SIDES) {
      if (wide > high) {
        wide -= SIDES;
      } else {
        high -= SIDES;
      }
    }
    return new ImageSize(wide, high);
  }

  private static int rounded(double side) {
    return (int) Math.min(Math.max(1, Math.round(side / SIDES)), MOST) * SIDES;
  }
}
