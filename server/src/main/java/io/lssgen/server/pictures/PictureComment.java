package io.lssgen.server.pictures;

import com.drew.imaging.ImageMetadataReader;
import com.drew.imaging.ImageProcessingException;
import com.drew.metadata.Metadata;
import com.drew.metadata.exif.ExifSubIFDDirectory;
import com.drew.metadata.jpeg.JpegCommentDirectory;
import io.lssgen.errors.UsageException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Optional;

/** The settings in JPEG and WebP files: EXIF's user comment, else JPEG's own comment. */
public final class PictureComment {
  private PictureComment() {}

  /**
   * Reads a file without decoding its pixels.
   *
   * @return empty if it has none
   * @throws UsageException if it is no picture, or damaged
   */
  public static Optional<String> of(byte[] file) {
    try {
      Metadata metadata =
          ImageMetadataReader.readMetadata(new ByteArrayInputStream(file), file.length);
      for (var exif : metadata.getDirectoriesOfType(ExifSubIFDDirectory.class)) {
        Optional<byte[]> comment =
            Optional.ofNullable(exif.getByteArray(ExifSubIFDDirectory.TAG_USER_COMMENT));
        if (comment.isPresent()) {
          return comment.map(Exif::text);
        }
      }
      return metadata.getDirectoriesOfType(JpegCommentDirectory.class).stream()
          .map(directory -> directory.getString(JpegCommentDirectory.TAG_COMMENT))
          .findFirst();
    } catch (ImageProcessingException | IOException | RuntimeException e) {
      throw new UsageException(
          "the picture cannot be read, wanted PNG, JPEG or WebP: " + e.getMessage());
    }
  }
}
