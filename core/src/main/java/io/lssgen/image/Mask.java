package io.lssgen.image;

import io.lssgen.errors.UsageException;
import io.lssgen.files.Sha256;
import java.awt.image.BufferedImage;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
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

  private static final int FULL = 255;
  private static final int HEX_DIGITS = 10;

  private final int width;
  private final int height;
  private final byte[] levels;
  private final double blur;

  /** Where a file says what is made anew. */
  public enum Source {
    /** White is made anew, as with diffusers and stable-diffusion.cpp; nothing is transparent. */
    BRIGHTNESS,
    /** What is transparent is made anew, as with OpenAI. */
    TRANSPARENCY,
    /** What is opaque is made anew; without transparency, white, as with AUTOMATIC1111. */
    OPACITY
  }

  private Mask(int width, int height, byte[] levels, double blur) {
    this.width = width;
    this.height = height;
    this.levels = levels;
    this.blur = blur;
  }

  /** White is made anew, by the brightness of ITU-R 601 and as Pillow rounds it. */
  public static Mask of(RgbImage image) {
    return of(image, 0);
  }

  /**
   * A mask that was kept as {@link #image()}.
   *
   * @param blur what it was softened by before
   */
  public static Mask of(RgbImage image, double blur) {
    byte[] rgb = image.rgb();
    byte[] levels = new byte[rgb.length / 3];
    for (int i = 0; i < levels.length; i++) {
      levels[i] = brightness(rgb[3 * i] & 0xff, rgb[3 * i + 1] & 0xff, rgb[3 * i + 2] & 0xff);
    }
    return new Mask(image.width(), image.height(), levels, blur);
  }

  /**
   * @param name what it is called in messages
   * @throws UsageException if it is not what {@code source} wants
   */
  static Mask of(BufferedImage image, Source source, String name) {
    int width = image.getWidth();
    int height = image.getHeight();
    PixelRows rows = new PixelRows(image);
    int[] row = new int[width];
    byte[] alphas = new byte[Math.multiplyExact(width, height)];
    byte[] levels = new byte[alphas.length];
    boolean transparent = false;
    for (int y = 0; y < height; y++) {
      rows.read(y, row);
      for (int x = 0; x < width; x++) {
        int at = y * width + x;
        alphas[at] = (byte) (row[x] >>> 24);
        levels[at] = brightness(row[x] >> 16 & 0xff, row[x] >> 8 & 0xff, row[x] & 0xff);
        transparent |= row[x] >>> 24 != FULL;
      }
    }
    require(source, transparent, name);
    return new Mask(width, height, transparent ? ofAlphas(alphas, source) : levels, 0);
  }

  private static byte[] ofAlphas(byte[] alphas, Source source) {
    for (int i = 0; i < alphas.length; i++) {
      int alpha = alphas[i] & 0xff;
      boolean drawn = alpha > ANEW; // AUTOMATIC1111's threshold
      alphas[i] = (byte) (source == Source.OPACITY ? (drawn ? FULL : 0) : FULL - alpha);
    }
    return alphas;
  }

  private static void require(Source source, boolean transparent, String name) {
    if (source == Source.TRANSPARENCY && !transparent) {
      throw new UsageException(
          "%s wants a PNG or WebP file that is transparent where the picture is made anew, found nothing transparent"
              .formatted(name));
    }
    if (source == Source.BRIGHTNESS && transparent) {
      throw new UsageException(
          "%s wants white where the picture is made anew and black elsewhere, found transparency; save it as black and white"
              .formatted(name));
    }
  }

  private static byte brightness(int red, int green, int blue) {
    return (byte) (19595 * red + 38470 * green + 7471 * blue + 0x8000 >> 16);
  }

  /** Pixels a row. */
  public int width() {
    return width;
  }

  /** Rows. */
  public int height() {
    return height;
  }

  /** From 0, kept, to 255, made anew. */
  public int level(int x, int y) {
    return levels[y * width + x] & 0xff;
  }

  /** How far its edges were softened, in pixels of its own size then. */
  public double blur() {
    return blur;
  }

  /** The mask as a grey picture, which {@link #of(RgbImage, double)} reads again. */
  public RgbImage image() {
    byte[] rgb = new byte[Math.multiplyExact(3, levels.length)];
    for (int i = 0; i < rgb.length; i++) {
      rgb[i] = levels[i / 3];
    }
    return new RgbImage(width, height, rgb);
  }

  /** Whether no pixel counts as made anew. */
  public boolean isEmpty() {
    for (byte level : levels) {
      if ((level & 0xff) >= ANEW) {
        return false;
      }
    }
    return true;
  }

  /** What is kept is made anew, and the other way round. */
  public Mask inverted() {
    byte[] inverted = new byte[levels.length];
    for (int i = 0; i < inverted.length; i++) {
      inverted[i] = (byte) (FULL - (levels[i] & 0xff));
    }
    return new Mask(width, height, inverted, blur);
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
        : filtered(gaussian(width, deviation), gaussian(height, deviation), deviation);
  }

  private Mask filtered(
      List<ResampleKernel.Taps> across, List<ResampleKernel.Taps> down, double softened) {
    return new Mask(
        across.size(), down.size(), Resampler.filtered(levels, width, 1, across, down), softened);
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
    return orientation == Orientation.UPRIGHT
        ? this
        : of(Orientation.upright(image(), orientation), blur);
  }

  /**
   * The mask of a part.
   *
   * @throws IndexOutOfBoundsException if it does not lie within this one
   */
  public Mask crop(int left, int top, int partWidth, int partHeight) {
    return of(image().crop(left, top, partWidth, partHeight), blur);
  }

  /** The mask at another size. */
  public Mask resized(int newWidth, int newHeight) {
    return newWidth == width && newHeight == height
        ? this
        : filtered(
            ResampleKernel.BILINEAR.taps(width, newWidth),
            ResampleKernel.BILINEAR.taps(height, newHeight),
            blur);
  }

  /**
   * Squares of {@code side} pixels, row by row: 1 where any pixel counts as made anew, else 0.
   *
   * @param side a divisor of both sides
   */
  public float[] squares(int side) {
    int columns = width / side;
    float[] squares = new float[columns * (height / side)];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
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
    if (from.length != 3 * levels.length || to.length != from.length) {
      throw new IllegalArgumentException("%s and %s under %s".formatted(kept, made, this));
    }
    byte[] rgb = new byte[from.length];
    for (int i = 0; i < rgb.length; i++) {
      int level = levels[i / 3] & 0xff;
      int sum = level * (to[i] & 0xff) + (FULL - level) * (from[i] & 0xff);
      rgb[i] = (byte) ((sum + FULL / 2) / FULL);
    }
    return new RgbImage(width, height, rgb);
  }

  /** Ten hexadecimal digits that tell it apart from others: SHA-256 over its size and levels. */
  public String fingerprint() {
    MessageDigest sum = Sha256.begin();
    sum.update(ByteBuffer.allocate(8).putInt(width).putInt(height).flip());
    sum.update(levels);
    return Sha256.digits(sum, HEX_DIGITS);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Mask that
        && width == that.width
        && height == that.height
        && blur == that.blur
        && Arrays.equals(levels, that.levels);
  }

  @Override
  public int hashCode() {
    return 31 * (31 * width + height) + Arrays.hashCode(levels);
  }

  @Override
  public String toString() {
    return "Mask[" + width + "x" + height + "]";
  }
}
