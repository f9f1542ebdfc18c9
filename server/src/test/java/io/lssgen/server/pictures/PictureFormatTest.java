package io.lssgen.server.pictures;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16BE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.drew.imaging.ImageMetadataReader;
import com.drew.metadata.Metadata;
import com.drew.metadata.exif.ExifSubIFDDirectory;
import com.drew.metadata.xmp.XmpDirectory;
import io.lssgen.errors.UsageException;
import io.lssgen.image.RgbImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is written into JPEG and WebP files, read back by metadata-extractor. */
class PictureFormatTest {
  private static final String SETTINGS = "a cat, \u732b\nSteps: 20, Sampler: Euler a, Seed: 7";
  private static final RgbImage PICTURE = new RgbImage(16, 8, new byte[16 * 8 * 3]);

  @ParameterizedTest
  @EnumSource(
      value = PictureFormat.class,
      names = {"JPEG", "WEBP"})
  void settingsAreTheUserCommentOfExif(PictureFormat format) throws Exception {
    byte[] file = format.encode(PICTURE, SETTINGS, 90);
    Metadata metadata = ImageMetadataReader.readMetadata(new ByteArrayInputStream(file));
    ExifSubIFDDirectory exif = metadata.getFirstDirectoryOfType(ExifSubIFDDirectory.class);

    assertThat(metadata.getDirectories()).allMatch(directory -> !directory.hasErrors());
    byte[] comment = exif.getByteArray(ExifSubIFDDirectory.TAG_USER_COMMENT);
    assertThat(new String(comment, 0, 8, ISO_8859_1)).isEqualTo("UNICODE\0");
    assertThat(new String(comment, 8, comment.length - 8, UTF_16BE)).isEqualTo(SETTINGS);
    assertThat(metadata.getFirstDirectoryOfType(XmpDirectory.class)).isNotNull();
    assertThat(PictureComment.of(file)).contains(SETTINGS);
    assertThat(ImageIO.read(new ByteArrayInputStream(file)).getWidth()).isEqualTo(16);
  }

  @ParameterizedTest
  @EnumSource(
      value = PictureFormat.class,
      names = {"JPEG", "WEBP"})
  void withoutSettingsThereIsNoComment(PictureFormat format) {
    assertThat(PictureComment.of(format.encode(PICTURE, "", 90)).orElse("")).isEmpty();
  }

  @Test
  void settingsTooLongForAJpegAreCut() throws IOException {
    String settings = "x".repeat(60_000);
    byte[] file = PictureFormat.JPEG.encode(PICTURE, settings, 90);

    assertThat(PictureComment.of(file).orElseThrow()).hasSizeGreaterThan(32_000).matches("x+");
    assertThat(ImageIO.read(new ByteArrayInputStream(file)).getWidth()).isEqualTo(16);
  }

  @Test
  void whatIsNoPictureIsToldSo() {
    assertThatThrownBy(() -> PictureComment.of(new byte[64]))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("wanted PNG, JPEG or WebP");
  }
}
