package io.lssgen.eval;

import static org.assertj.core.api.Assertions.assertThat;

import io.lssgen.image.RgbImage;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class AutoencoderScoresTest {
  private static RgbImage grey(int value) {
    byte[] rgb = new byte[12];
    java.util.Arrays.fill(rgb, (byte) value);
    return new RgbImage(2, 2, rgb);
  }

  @Test
  void oneLevelOfDifferenceIsFortyEightDecibels() {
    // 20 log10(255), the value that every text on PSNR gives for an error of one level
    assertThat(AutoencoderScores.psnr(grey(200), grey(201))).isEqualTo(48.13, Offset.offset(0.01));
  }

  @Test
  void blackAgainstWhiteIsNothing() {
    assertThat(AutoencoderScores.psnr(grey(0), grey(255))).isZero();
  }

  @Test
  void equalPicturesAreInfinitelyClose() {
    assertThat(AutoencoderScores.psnr(grey(7), grey(7))).isInfinite();
  }
}
