package io.lssgen.image;

import com.drew.imaging.FileType;
import com.drew.imaging.FileTypeDetector;
import com.drew.imaging.ImageMetadataReader;
import com.drew.imaging.ImageProcessingException;
import com.drew.metadata.exif.ExifIFD0Directory;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;

/**
 * How a camera was held, as EXIF says it (tag 274): 1 upright, 2 to 8 the seven other ways to turn
 * and mirror a picture.
 */
final class Orientation {
  static final int UPRIGHT = 1;
  private static final int LAST = 8;
  private static final Set<Integer> FROM_RIGHT = Set.of(2, 3, 7, 8);
  private static final Set<Integer> FROM_BELOW = Set.of(3, 4, 6, 7);

  private Orientation() {}

  /** The orientation of a JPEG or WebP file; upright where it says nothing that can be read. */
  static int of(Path file) {
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
      return of(in, Files.size(file));
    } catch (IOException e) {
      return UPRIGHT; // the pixels can be read, or that fails with a reason of its own
    }
  }

  /**
   * As {@link #of(Path)}.
   *
   * @param in can be set back
   */
  static int of(InputStream in, long length) {
    try {
      FileType type = FileTypeDetector.detectFileType(in);
      if (type != FileType.Jpeg && type != FileType.WebP) {
        return UPRIGHT; // texts in PNG files may grow without bound when they are read
      }
      ExifIFD0Directory exif =
          ImageMetadataReader.readMetadata(in, length, type)
              .getFirstDirectoryOfType(ExifIFD0Directory.class);
      Integer found = exif == null ? null : exif.getInteger(ExifIFD0Directory.TAG_ORIENTATION);
      return found == null || found < UPRIGHT || found > LAST ? UPRIGHT : found;
    } catch (ImageProcessingException | IOException | RuntimeException e) {
      return UPRIGHT; // the pixels can be read, or that fails with a reason of its own
    }
  }

  /** The picture as it was seen. */
  static RgbImage upright(RgbImage image, int orientation) {
    if (orientation == UPRIGHT) {
      return image;
    }
    boolean turned = orientation > 4; // rows were columns
    boolean fromRight = FROM_RIGHT.contains(orientation);
    boolean fromBelow = FROM_BELOW.contains(orientation);
    int width = turned ? image.height() : image.width();
    int height = turned ? image.width() : image.height();
    byte[] from = image.rgb();
    byte[] to = new byte[from.length];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int column = turned ? y : x;
        int row = turned ? x : y;
        column = fromRight ? image.width() - 1 - column : column;
        row = fromBelow ? image.height() - 1 - row : row;
        System.arraycopy(from, 3 * (row * image.width() + column), to, 3 * (y * width + x), 3);
      }
    }
    return new RgbImage(width, height, to);
  }
}
