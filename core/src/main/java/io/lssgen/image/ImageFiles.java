package io.lssgen.image;

import static java.util.Objects.requireNonNull;

import io.lssgen.errors.UsageException;
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
    requireNonNull(file, "file is null");
    if (!Files.isRegularFile(file)) {
      throw unreadable(file, "there is no such file", null);
    }
    try (ImageInputStream input = new FileImageInputStream(file.toFile())) {
      Iterator<ImageReader> readers = ImageIO.getImageReaders(input);
      if (!readers.hasNext()) {
        throw unreadable(file, "wanted a PNG, JPEG or WebP picture, found neither", null);
      }
      ImageReader reader = readers.next();
      try {
        // Metadata is ignored: it may be compressed, and grow without bound when it is read.
        reader.setInput(input, true, true);
        checkFormat(file, reader);
        checkSize(file, reader);
        // A JPEG file that is cut short gives half a picture and only a warning, in English always.
        List<String> warnings = new ArrayList<>();
        reader.addIIOReadWarningListener((source, warning) -> warnings.add(warning));
        RgbImage image = RgbImage.of(reader.read(0));
        if (warnings.stream().anyMatch(w -> w.toLowerCase(Locale.ROOT).contains("premature end"))) {
          throw unreadable(file, "it is cut short; fetch it again", null);
        }
        return image;
      } finally {
        reader.dispose();
      }
    } catch (UsageException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      // The readers answer some damaged files with index or argument exceptions.
      throw unreadable(file, "it is damaged or unreadable: " + e.getMessage(), e);
    }
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

  private static void checkFormat(Path file, ImageReader reader) throws IOException {
    String format = reader.getFormatName().toLowerCase(Locale.ROOT);
    if (!FORMATS.contains(format)) {
      throw unreadable(file, "wanted a PNG, JPEG or WebP picture, found " + format, null);
    }
  }

  private static void checkSize(Path file, ImageReader reader) throws IOException {
    long pixels = Math.multiplyExact((long) reader.getWidth(0), reader.getHeight(0));
    if (pixels > MAXIMUM_PIXELS) {
      throw unreadable(
          file,
          "wanted at most %d pixels, found %dx%d; make it smaller first"
              .formatted(MAXIMUM_PIXELS, reader.getWidth(0), reader.getHeight(0)),
          null);
    }
  }

  private static UsageException unreadable(Path file, String problem, @Nullable Throwable cause) {
    UsageException failure = new UsageException("cannot read %s: %s".formatted(file, problem));
    if (cause != null) {
      failure.initCause(cause);
    }
    return failure;
  }
}
