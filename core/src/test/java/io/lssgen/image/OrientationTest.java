package io.lssgen.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.errors.UsageException;
import io.lssgen.model.GoldenTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Pictures that Pillow turned and told of (tools/golden/turned_pictures.py). */
class OrientationTest {
  private static final Path TURNED = GoldenTensors.ROOT.resolve("turned");
  private static final int TOLERANCE = 24; // of 255, for JPEG

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
  void everyOrientationBecomesUpright(int orientation) throws IOException {
    RgbImage wanted = ImageFiles.read(TURNED.resolve("upright.png"));
    RgbImage found = ImageFiles.readUpright(TURNED.resolve(orientation + ".jpg"));

    byte[] file = Files.readAllBytes(TURNED.resolve(orientation + ".jpg"));
    assertThat(ImageFiles.readUpright(file, "it", wanted.rgb().length / 3)).isEqualTo(found);
    assertThatThrownBy(() -> ImageFiles.readUpright(file, "it", wanted.rgb().length / 3 - 1))
        .hasMessageContaining("cannot read it: wanted at most");
    assertThat(found.width()).isEqualTo(wanted.width());
    for (int i = 0; i < wanted.rgb().length; i++) {
      int difference = (wanted.rgb()[i] & 0xff) - (found.rgb()[i] & 0xff);
      assertThat(Math.abs(difference)).isLessThan(TOLERANCE);
    }
  }

  @Test
  void withoutATagThePictureIsLeft() {
    Path file = TURNED.resolve("upright.png");
    assertThat(ImageFiles.readUpright(file)).isEqualTo(ImageFiles.read(file));
    assertThat(Orientation.of(TURNED.resolve("none.jpg"))).isEqualTo(Orientation.UPRIGHT);
    assertThatThrownBy(() -> ImageFiles.readUpright(TURNED.resolve("none.jpg")))
        .isInstanceOf(UsageException.class);
  }
}
