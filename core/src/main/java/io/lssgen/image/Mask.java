package io.lssgen.image;

import io.lssgen.errors.UsageException;
import java.awt.image.BufferedImage;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * Which part of a picture is made anew: a level for each pixel, from 0, where the picture stays, to
 * 255, where nothing of it does. Immutable.
 */
public final class Mask {
  /** From this level on a pixel counts as made anew. */
  public static final int ANEW = 128;

  /** How far edges are softened unless somebody says, in pixels: as with AUTOMATIC1111. */
  public static final double DEFAULT_BLUR = 4;

  /** The most pixels that edges may be softened by. */
  public static final int MAXIMUM_BLUR = 64;

  private static final int OPAQUE = 255;
  private static final int HEX_DIGITS = 10;

  private final RgbImage grey; // three equal bytes a pixel

  /** Where a file says what is made anew. */
  public enum Source {
    /** White is made anew, as with diffusers and stable-diffusion.cpp; nothing is transparent. */
    BRIGHTNESS,
    /** What is transparent is made anew, as with OpenAI. */
    TRANSPARENCY,
    /** What is opaque is made anew; without transparency, white, as with AUTOMATIC1111. */
    OPACITY
  }

  private Mask(RgbImage grey) {
    this.grey = grey;
  }

  /** White is made anew, by the brightness of ITU-R 601 and as Pillow rounds it. */
  public static Mask of(RgbImage image) {
    byte[] rgb = image.rgb();
    byte[] levels = new byte[rgb.length / 3];
    for (int i = 0; i < levels.length; i++) {
      levels[i] = brightness(rgb[3 * i] & 0xff, rgb[3 * i + 1] & 0xff, rgb[3 * i + 2] & 0xff);
    }
    return of(image.width(), image.height(), levels);
  }

  /**
   * @param name what it is called in messages
   * @throws UsageException if it is not what {@code source} wants
   */
  static Mask of(BufferedImage image, Source source, String name) {
    int[] colours =
        image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
    boolean transparent = false;
    for (int colour : colours) {
      transparent |= colour >>> 24 != OPAQUE;
    }
    require(source, transparent, name);
    byte[] levels = new byte[colours.length];
    for (int i = 0; i < levels.length; i++) {
      int alpha = colours[i] >>> 24;
      levels[i] =
          switch (source) {
            case TRANSPARENCY -> (byte) (OPAQUE - alpha);
            case OPACITY ->
                transparent ? (byte) (alpha > ANEW ? OPAQUE : 0) : brightness(colours[i]);
            case BRIGHTNESS -> brightness(colours[i]);
          };
    }
    return of(image.getWidth(), image.getHeight(), levels);
  }

  private static void require(Source source, boolean transparent, String name) {
    if (source == Source.TRANSPARENCY && !transparent) {
      throw new UsageException(
          "%s wants a PNG file that is transparent where the picture is made anew, found nothing transparent"
              .formatted(name));
    }
    if (source == Source.BRIGHTNESS && transparent) {
      throw new UsageException(
          "%s wants a picture that is white where the picture is made anew and black elsewhere, found transparency; flatten it"
              .formatted(name));
    }
  }

  private static byte brightness(int colour) {
    return brightness(colour >> 16 & 0xff, colour >> 8 & 0xff, colour & 0xff);
  }

  private static byte brightness(int red, int green, int blue) {
    return (byte) (19595 * red + 38470 * green + 7471 * blue + 0x8000 >> 16);
  }

  /** Row by row, a byte a pixel. */
  private static Mask of(int width, int height, byte[] levels) {
    byte[] rgb = new byte[3 * levels.length];
    for (int i = 0; i < rgb.length; i++) {
      rgb[i] = levels[i / 3];
    }
    return new Mask(new RgbImage(width, height, rgb));
  }

  /** Pixels a row. */
  public int width() {
    return grey.width();
  }

  /** Rows. */
  public int height() {
    return grey.height();
  }

  /** From 0, kept, to 255, made anew. */
  public int level(int x, int y) {
    return grey.rgb()[3 * (y * width() + x)] & 0xff;
  }

  /** The mask as a grey picture, which {@link #of(RgbImage)} reads again. */
  public RgbImage image() {
    return grey;
  }

  /** Whether no pixel counts as made anew. */
  public boolean isEmpty() {
    byte[] rgb = grey.rgb();
    for (int i = 0; i < rgb.length; i += 3) {
      if ((rgb[i] & 0xff) >= ANEW) {
        return false;
      }
    }
    return true;
  }

  /** What is kept is made anew, and the other way round. */
  public Mask inverted() {
    byte[] rgb = grey.rgb().clone();
    for (int i = 0; i < rgb.length; i++) {
      rgb[i] = (byte) (OPAQUE - (rgb[i] & 0xff));
    }
    return new Mask(new RgbImage(width(), height(), rgb));
  }

  /**
   * With edges softened by a Gaussian, as AUTOMATIC1111's {@code mask_blur}.
   *
   * @param deviation of the Gaussian in pixels, from 0, which changes nothing, to {@link
   *     #MAXIMUM_BLUR}
   * @throws UsageException if it is out of its range
   */
  public Mask blurred(double deviation) {
    if (!(deviation >= 0 && deviation <= MAXIMUM_BLUR)) {
      throw new UsageException(
          "the mask's blur must be from 0 to %d pixels, found %s"
              .formatted(MAXIMUM_BLUR, deviation));
    }
    return deviation == 0
        ? this
        : new Mask(
            Resampler.filtered(grey, gaussian(width(), deviation), gaussian(height(), deviation)));
  }

  /** 2.5 deviations to each side; at the edges what is there counts alone. */
  private static List<ResampleKernel.Taps> gaussian(int length, double deviation) {
    int reach = (int) (2.5 * deviation + 0.5);
    List<ResampleKernel.Taps> taps = new ArrayList<>(length);
    for (int i = 0; i < length; i++) {
      int start = Math.max(0, i - reach);
      double[] weights = new double[Math.min(length, i + reach + 1) - start];
      for (int k = 0; k < weights.length; k++) {
        double distance = (start + k - i) / deviation;
        weights[k] = Math.exp(-distance * distance / 2);
      }
      taps.add(ResampleKernel.Taps.normalised(start, weights));
    }
    return taps;
  }

  /** As it was seen; see {@link Orientation}. */
  Mask upright(int orientation) {
    return new Mask(Orientation.upright(grey, orientation));
  }

  /** The mask of a part; see {@link RgbImage#crop}. */
  public Mask crop(int left, int top, int width, int height) {
    return new Mask(grey.crop(left, top, width, height));
  }

  /** The mask at another size. */
  public Mask resized(int width, int height) {
    return width == width() && height == height()
        ? this
        : new Mask(Resampler.resized(grey, width, height, ResampleKernel.BILINEAR));
  }

  /**
   * Squares of {@code side} pixels, row by row: 1 where any pixel counts as made anew, else 0.
   *
   * @param side a divisor of both sides
   */
  public float[] squares(int side) {
    int columns = width() / side;
    float[] squares = new float[columns * (height() / side)];
    for (int y = 0; y < height(); y++) {
      for (int x = 0; x < width(); x++) {
        if (level(x, y) >= ANEW) {
          squares[y / side * columns + x / side] = 1;
        }
      }
    }
    return squares;
  }

  /**
   * What was made, on top of what is kept: each pixel a mean by its level.
   *
   * @param kept of the mask's size
   * @param made likewise
   */
  public RgbImage blend(RgbImage kept, RgbImage made) {
    byte[] from = kept.rgb();
    byte[] to = made.rgb();
    byte[] levels = grey.rgb();
    if (from.length != levels.length || to.length != levels.length) {
      throw new IllegalArgumentException(
          "%s and %s under a mask of %dx%d".formatted(kept, made, width(), height()));
    }
    byte[] rgb = new byte[levels.length];
    for (int i = 0; i < rgb.length; i++) {
      int level = levels[i] & 0xff;
      int sum = level * (to[i] & 0xff) + (OPAQUE - level) * (from[i] & 0xff);
      rgb[i] = (byte) ((sum + OPAQUE / 2) / OPAQUE);
    }
    return new RgbImage(width(), height(), rgb);
  }

  /** Ten hexadecimal digits that tell it apart from others: SHA-256 over its size and levels. */
  public String fingerprint() {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(ByteBuffer.allocate(8).putInt(width()).putInt(height()).flip());
      byte[] hash = digest.digest(grey.rgb());
      return HexFormat.of().formatHex(hash).substring(0, HEX_DIGITS);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Mask that && grey.equals(that.grey);
  }

  @Override
  public int hashCode() {
    return grey.hashCode();
  }

  @Override
  public String toString() {
    return "Mask[" + width() + "x" + height() + "]";
  }
}
