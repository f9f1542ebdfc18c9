package io.lssgen.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.awt.image.BufferedImage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RgbImageTest {
  @ParameterizedTest
  @ValueSource(
      ints = {
        BufferedImage.TYPE_INT_RGB,
        BufferedImage.TYPE_3BYTE_BGR,
        BufferedImage.TYPE_4BYTE_ABGR
      })
  void bytesAreInterleavedRowByRow(int type) {
    BufferedImage source = new BufferedImage(2, 2, type);
    source.setRGB(0, 0, 0xff8001);
    source.setRGB(1, 0, 0x000002);
    source.setRGB(0, 1, 0x0300fe);

    assertThat(RgbImage.of(source).rgb())
        .containsExactly(0xff, 0x80, 0x01, 0, 0, 2, 3, 0, 0xfe, 0, 0, 0);
  }

  @Test
  void goesToBufferedImageAndBack() {
    byte[] rgb = new byte[3 * 5 * 4];
    for (int i = 0; i < rgb.length; i++) {
      rgb[i] = (byte) (i * 37);
    }
    RgbImage image = new RgbImage(5, 4, rgb);

    assertThat(RgbImage.of(image.toBufferedImage())).isEqualTo(image);
  }

  @Test
  void aCropIsThePartOfThePicture() {
    byte[] rgb = new byte[3 * 3 * 2];
    for (int i = 0; i < rgb.length; i++) {
      rgb[i] = (byte) i;
    }
    RgbImage image = new RgbImage(3, 2, rgb);

    assertThat(image.crop(1, 0, 2, 2).rgb())
        .containsExactly(3, 4, 5, 6, 7, 8, 12, 13, 14, 15, 16, 17);
    assertThatExceptionOfType(IndexOutOfBoundsException.class)
        .isThrownBy(() -> image.crop(2, 0, 2, 2));
  }

  @Test
  void sizesThatDoNotFitAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new RgbImage(2, 2, new byte[11]))
        .withMessage("an image of 2x2 has 12 bytes, found 11");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new RgbImage(0, 2, new byte[0]))
        .withMessageContaining("0x2");
  }
}
