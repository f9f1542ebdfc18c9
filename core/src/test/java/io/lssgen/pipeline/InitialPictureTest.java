package io.lssgen.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.errors.UsageException;
import io.lssgen.image.Mask;
import io.lssgen.image.RgbImage;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class InitialPictureTest {

  /** Black, with a white middle third from left to right. */
  private static RgbImage striped(int width, int height) {
    byte[] rgb = new byte[3 * width * height];
    for (int i = 0; i < rgb.length; i++) {
      int x = i / 3 % width;
      rgb[i] = (byte) (3 * x >= width && 3 * x < 2 * width ? 255 : 0);
    }
    return new RgbImage(width, height, rgb);
  }

  private static int red(RgbImage image, int x, int y) {
    return image.rgb()[3 * (y * image.width() + x)] & 0xff;
  }

  @Test
  void aPictureOfTheWantedSizeIsLeft() {
    RgbImage image = striped(48, 32);
    assertThat(new InitialPicture(image, 1).fitted(48, 32)).isSameAs(image);
  }

  @Test
  void theSameRatioIsScaledWhole() {
    InitialPicture picture = new InitialPicture(striped(96, 64), 0.5);
    assertThat(picture.isCut(48, 32)).isFalse();
    RgbImage small = picture.fitted(48, 32);
    assertThat(red(small, 4, 16)).isLessThan(10);
    assertThat(red(small, 24, 16)).isGreaterThan(245);
    assertThat(red(small, 44, 16)).isLessThan(10);
  }

  @Test
  void ofAnotherRatioTheMiddleIsTaken() {
    InitialPicture picture = new InitialPicture(striped(96, 32), 0.5);
    assertThat(picture.isCut(64, 64)).isTrue();
    RgbImage square = picture.fitted(64, 64); // the white third is 32 wide and as high
    assertThat(red(square, 3, 32)).isGreaterThan(245);
    assertThat(red(square, 60, 32)).isGreaterThan(245);
  }

  @ParameterizedTest
  @CsvSource({"16,4096", "4096,16", "17,31"})
  void anyShapeBecomesTheWantedSize(int width, int height) {
    RgbImage fitted = new InitialPicture(striped(30, 21), 0.5).fitted(width, height);
    assertThat(fitted.width()).isEqualTo(width);
    assertThat(fitted.height()).isEqualTo(height);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, -0.5, 1.01, Double.NaN})
  void strengthOutOfRangeIsRefused(double strength) {
    RgbImage image = striped(8, 8);
    assertThatThrownBy(() -> new InitialPicture(image, strength))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("found " + strength);
  }

  @Test
  void aPaddingWantsAMaskAndHasItsRange() {
    InitialPicture whole = new InitialPicture(striped(48, 32), 0.5);
    assertThatThrownBy(() -> whole.onlyMasked(8))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("a padding around it");
    for (int pixels : new int[] {-1, 4097}) {
      assertThatThrownBy(() -> masked(48, 32).onlyMasked(pixels))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining("from 0 to 4096 pixels, found " + pixels);
    }
  }

  @Test
  void aMaskThatVanishesInThePicturesSizeIsRefused() {
    byte[] rgb = new byte[3 * 960 * 640];
    Arrays.fill(rgb, 0, 3, (byte) 255); // a single pixel
    Mask fine = Mask.of(new RgbImage(960, 640, rgb));
    InitialPicture whole = new InitialPicture(striped(48, 32), 1, Optional.of(fine));
    assertThatThrownBy(() -> whole.onlyMasked(4))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("leaves the whole picture of 48x32 pixels as it is");
  }

  /** The white third is 32 wide; with 16 around it, it is a square of the height. */
  @Test
  void onlyWhatLiesAroundTheMaskIsSeenAndPutBack() {
    InitialPicture picture = masked(96, 64).onlyMasked(16);
    assertThat(picture.isCut(128, 128)).isFalse();
    RgbImage seen = picture.fitted(128, 128);
    assertThat(red(seen, 8, 64)).isLessThan(10);
    assertThat(red(seen, 64, 64)).isGreaterThan(245);

    byte[] grey = new byte[3 * 128 * 128];
    Arrays.fill(grey, (byte) 100);
    RgbImage result = picture.around(new RgbImage(128, 128, grey));
    assertThat(result.width()).isEqualTo(96);
    assertThat(result.height()).isEqualTo(64);
    assertThat(red(result, 31, 5)).isZero();
    assertThat(red(result, 32, 5)).isEqualTo(100);
    assertThat(red(result, 63, 60)).isEqualTo(100);
    assertThat(red(result, 64, 60)).isZero();
  }

  /** The middle third is made anew. */
  private static InitialPicture masked(int width, int height) {
    RgbImage image = striped(width, height);
    return new InitialPicture(image, 1, Optional.of(Mask.of(image)));
  }

  @Test
  void aMaskIsCutAndScaledAsItsPicture() {
    InitialPicture picture = masked(96, 32);
    Mask square = picture.fittedMask(64, 64).orElseThrow();
    assertThat(square.image().width()).isEqualTo(64);
    assertThat(square.level(3, 32)).isGreaterThan(245);
    assertThat(picture.fittedMask(96, 32)).contains(Mask.of(striped(96, 32)));
    assertThat(new InitialPicture(striped(8, 8), 1).fittedMask(4, 4)).isEmpty();
  }

  @Test
  void whatWasMadeIsTakenInTheMaskAlone() {
    RgbImage grey = new RgbImage(48, 32, filled(48 * 32, 99));
    RgbImage result = masked(48, 32).around(grey);
    assertThat(red(result, 4, 16)).isZero();
    assertThat(red(result, 24, 16)).isEqualTo(99);
    assertThat(red(result, 44, 16)).isZero();
    assertThat(new InitialPicture(striped(48, 32), 1).around(grey)).isSameAs(grey);
  }

  private static byte[] filled(int pixels, int value) {
    byte[] rgb = new byte[3 * pixels];
    Arrays.fill(rgb, (byte) value);
    return rgb;
  }

  @Test
  void aMaskOfOtherProportionsIsRefused() {
    Optional<Mask> mask = Optional.of(Mask.of(striped(24, 24)));
    RgbImage image = striped(48, 32);
    assertThatThrownBy(() -> new InitialPicture(image, 0.5, mask))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("48x32")
        .hasMessageContaining("24x24");
  }

  /** Sides that were rounded, each by itself. */
  @ParameterizedTest
  @CsvSource({"1340,3128,540,1260", "511,2047,248,992", "3128,1340,1260,540", "48,33,24,16"})
  void roundedSidesAreOfTheSameProportions(int width, int height, int ofMask, int high) {
    Optional<Mask> mask = Optional.of(Mask.of(striped(ofMask, high)));
    assertThat(new InitialPicture(striped(width, height), 1, mask).mask().orElseThrow().width())
        .isEqualTo(width);
  }

  @ParameterizedTest
  @CsvSource({"48,32,2,2", "48,32,24,18", "100,100,100,90"})
  void otherProportionsAreRefused(int width, int height, int ofMask, int high) {
    Optional<Mask> mask =
        Optional.of(Mask.of(new RgbImage(ofMask, high, filled(ofMask * high, 255))));
    RgbImage image = striped(width, height);
    assertThatThrownBy(() -> new InitialPicture(image, 1, mask))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("proportions");
  }

  /** The white third lies in the left edge that is cut off. */
  @Test
  void aMaskThatIsCutAwayIsRefused() {
    byte[] rgb = filled(96 * 32, 0);
    for (int i = 0; i < rgb.length; i++) {
      rgb[i] = (byte) (i / 3 % 96 < 16 ? 255 : 0);
    }
    Mask mask = Mask.of(new RgbImage(96, 32, rgb));
    InitialPicture picture = new InitialPicture(striped(96, 32), 1, Optional.of(mask));
    picture.requireChange(96, 32);
    assertThatThrownBy(() -> picture.requireChange(32, 32))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("cut off");
  }

  @Test
  void aMaskOfAnotherSizeIsScaled() {
    Mask small = Mask.of(striped(24, 16));
    InitialPicture picture = new InitialPicture(striped(48, 33), 0.5, Optional.of(small));
    assertThat(picture.mask().orElseThrow().level(24, 20)).isGreaterThan(245);
    assertThat(picture.mask().orElseThrow().level(40, 20)).isLessThan(10);
    assertThat(picture.mask().orElseThrow().height()).isEqualTo(33);
  }

  /** The middle third is free: what lies there is begun with, or the colours around it. */
  @Test
  void whatLiesInTheMaskMayBeLeftOut() {
    RgbImage image = striped(48, 32);
    InitialPicture picture = new InitialPicture(image, 0.5, Optional.of(Mask.of(image)));
    assertThat(picture.begun(48, 32)).isSameAs(image);
    for (MaskedContent content : MaskedContent.values()) {
      RgbImage begun = picture.beginningWith(content).begun(48, 32);
      assertThat(begun.equals(image)).isEqualTo(content == MaskedContent.ORIGINAL);
      assertThat(begun.crop(0, 0, 16, 32)).isEqualTo(image.crop(0, 0, 16, 32));
      assertThat(begun.crop(32, 0, 16, 32)).isEqualTo(image.crop(32, 0, 16, 32));
      assertThat(picture.beginningWith(content).fitted(48, 32)).isSameAs(image);
    }
  }

  @Test
  void aContentWantsAMask() {
    InitialPicture picture = new InitialPicture(striped(8, 8), 0.5);
    assertThatThrownBy(() -> picture.beginningWith(MaskedContent.FILL))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("a content of it, fill");
  }

  /** All white lies in the mask, and what is seen around it is black. */
  @Test
  void whatIsSeenOfALargePictureIsFilledToo() {
    RgbImage image = striped(480, 320);
    InitialPicture picture =
        new InitialPicture(image, 0.5, Optional.of(Mask.of(image))).onlyMasked(40);
    int brightest = 0;
    for (byte level : picture.beginningWith(MaskedContent.FILL).begun(60, 80).rgb()) {
      brightest = Math.max(brightest, level & 0xff);
    }
    assertThat(red(picture.begun(60, 80), 30, 40)).isEqualTo(255);
    assertThat(brightest).isLessThan(60);
  }

  /** Such a run begins with noise, and what it keeps is the picture's. */
  @Test
  void atFullStrengthNothingIsFilled() {
    RgbImage image = striped(48, 32);
    InitialPicture picture = new InitialPicture(image, 1, Optional.of(Mask.of(image)));
    assertThat(picture.beginningWith(MaskedContent.FILL).begun(48, 32)).isSameAs(image);
  }

  @Test
  void aMaskThatChangesNothingIsRefused() {
    RgbImage image = striped(48, 32);
    Optional<Mask> mask = Optional.of(Mask.of(new RgbImage(48, 32, filled(48 * 32, 127))));
    assertThatThrownBy(() -> new InitialPicture(image, 0.5, mask))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("mostly free");
  }
}
