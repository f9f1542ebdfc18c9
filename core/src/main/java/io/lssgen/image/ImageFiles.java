package io.lssgen.image;

import static java.util.Objects.requireNonNull;

import io.lssgen.errors.IoReason;
import io.lssgen.errors.UsageException;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.FileImageInputStream;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;
import org.jspecify.annotations.Nullable;

/** Reads pictures from PNG, JPEG and WebP files, with their size checked before memory is taken. */
public final class ImageFiles {

  /** The largest picture that is read: 8192×8192. */
  public static final long MAXIMUM_PIXELS = 8192L * 8192L;

  private static final Set<String> FORMATS = Set.of("png", "jpeg", "webp");

  private ImageFiles() {}

  /**
   * Reads a PNG, JPEG or WebP file. Transparency is dropped, not blended; 16-bit values become
   * 8-bit.
   *
   * @throws UsageException when the file is missing, is no such picture, is damaged or too large
   */
  public static RgbImage read(Path file) {
    return RgbImage.of(decoded(file));
  }

  private static BufferedImage decoded(Path file) {
    requireNonNull(file, "file is null");
    if (!Files.isRegularFile(file)) {
      throw unreadable(file.toString(), "there is no such file", null);
    }
    try (ImageInputStream input = new FileImageInputStream(file.toFile())) {
      return decode(input, file.toString(), MAXIMUM_PIXELS);
    } catch (IOException e) {
      throw unreadable(file.toString(), IoReason.of(e), e);
    }
  }

  private static BufferedImage decode(ImageInputStream input, String name, long maximumPixels) {
    try {
      Iterator<ImageReader> readers = ImageIO.getImageReaders(input);
      if (!readers.hasNext()) {
        throw unreadable(name, "wanted a PNG, JPEG or WebP picture, found neither", null);
      }
      ImageReader reader = readers.next();
      try {
        // Metadata is ignored: it may be compressed, and grow without bound when it is read.
        reader.setInput(input, true, true);
        return decode(reader, name, maximumPixels);
      } finally {
        reader.dispose();
      }
    } catch (UsageException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      // The readers answer some damaged files with index or argument exceptions.
      throw unreadable(name, "it is damaged or unreadable: " + e.getMessage(), e);
    }
  }

  private static BufferedImage decode(ImageReader reader, String name, long maximumPixels)
      throws IOException {
    checkFormat(name, reader);
    checkSize(name, reader, maximumPixels);
    // A JPEG file that is cut short gives half a picture and only a warning, in English always.
    List<String> warnings = new ArrayList<>();
    reader.addIIOReadWarningListener((source, warning) -> warnings.add(warning));
    BufferedImage image = reader.read(0);
    if (warnings.stream().anyMatch(w -> w.toLowerCase(Locale.ROOT).contains("premature end"))) {
      throw unreadable(name, "it is cut short; fetch it again", null);
    }
    return image;
  }

  /**
   * As {@link #read}, turned as the camera was held where a JPEG or WebP file says so.
   *
   * @throws UsageException as {@link #read} does
   */
  public static RgbImage readUpright(Path file) {
    RgbImage image = read(file);
    return Orientation.upright(image, Orientation.of(file));
  }

  /**
   * As {@link #readUpright(Path)}, from the file's bytes.
   *
   * @param name what the picture is called in messages
   * @param maximumPixels width times height that are wanted at most
   * @throws UsageException as {@link #read} does
   */
  public static RgbImage readUpright(byte[] file, String name, long maximumPixels) {
    return Orientation.upright(RgbImage.of(decoded(file, name, maximumPixels)), orientation(file));
  }

  private static BufferedImage decoded(byte[] file, String name, long maximumPixels) {
    try (ImageInputStream input = new MemoryCacheImageInputStream(new ByteArrayInputStream(file))) {
      return decode(input, name, maximumPixels);
    } catch (IOException e) {
      throw unreadable(name, IoReason.of(e), e);
    }
  }

  private static int orientation(byte[] file) {
    return Orientation.of(new ByteArrayInputStream(file), file.length);
  }

  /**
   * Reads a mask from a PNG, JPEG or WebP file, upright as {@link #readUpright(Path)}.
   *
   * @throws UsageException as {@link #read} does, and if it is not what {@code source} wants
   */
  public static Mask readMask(Path file, Mask.Source source) {
    return Mask.of(decoded(file), source, file.toString()).upright(Orientation.of(file));
  }

  /**
   * As {@link #readMask(Path, Mask.Source)}, from the file's bytes.
   *
   * @param name what the mask is called in messages
   * @param maximumPixels width times height that are wanted at most
   */
  public static Mask readMask(byte[] file, String name, long maximumPixels, Mask.Source source) {
    return Mask.of(decoded(file, name, maximumPixels), source, name).upright(orientation(file));
  }

  private static void checkFormat(String name, ImageReader reader) throws IOException {
    String format = reader.getFormatName().toLowerCase(Locale.ROOT);
    if (!FORMATS.contains(format)) {
      throw unreadable(name, "wanted a PNG, JPEG or WebP picture, found " + format, null);
    }
  }

  private static void checkSize(String name, ImageReader reader, long maximumPixels)
      throws IOException {
    long pixels = Math.multiplyExact((long) reader.getWidth(0), reader.getHeight(0));
    if (pixels > maximumPixels) {
      throw unreadable(
          name,
          "wanted at most %d pixels, found %dx%d; make it smaller first"
              .formatted(maximumPixels, reader.getWidth(0), reader.getHeight(0)),
          null);
    }
  }

  private static UsageException unreadable(String name, String problem, @Nullable Throwable cause) {
    UsageException failure = new UsageException("cannot read %s: %s".formatted(name, problem));
    if (cause != null) {
      failure.initCause(cause);
    }
    return failure;
  }
}
