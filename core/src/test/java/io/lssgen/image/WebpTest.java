package io.lssgen.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.errors.UsageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that Pillow wrote. */
class WebpTest {
  private static final Path FOLDER = Path.of("src/test/resources/pictures");

  @TempDir Path folder;

  @Test
  void losslessPicturesAreReadExactly() {
    assertThat(ImageFiles.read(FOLDER.resolve("slope-lossless.webp")))
        .isEqualTo(ImageFiles.read(FOLDER.resolve("slope.png")));
  }

  @Test
  void lossyPicturesAreRead() {
    RgbImage image = ImageFiles.read(FOLDER.resolve("slope-lossy.webp"));
    assertThat(image.width()).isEqualTo(40);
    assertThat(image.height()).isEqualTo(24);
  }

  @Test
  void damagedPicturesAreRefused() throws IOException {
    byte[] whole = Files.readAllBytes(FOLDER.resolve("slope-lossy.webp"));
    Path half = folder.resolve("half.webp");
    Files.write(half, Arrays.copyOf(whole, 24));
    assertThatThrownBy(() -> ImageFiles.read(half)).isInstanceOf(UsageException.class);
  }
}
