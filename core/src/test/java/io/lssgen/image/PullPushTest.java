package io.lssgen.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PullPushTest {
  /** Grey levels by place. */
  private interface Level {
    int at(int x, int y);
  }

  private static RgbImage picture(int width, int height, Level level) {
    byte[] rgb = new byte[3 * width * height];
    for (int i = 0; i < rgb.length; i++) {
      rgb[i] = (byte) level.at(i / 3 % width, i / 3 / width);
    }
    return new RgbImage(width, height, rgb);
  }

  private static Mask mask(int width, int height, Level level) {
    return Mask.of(picture(width, height, level));
  }

  private static int level(RgbImage picture, int x, int y) {
    return picture.rgb()[3 * (y * picture.width() + x)] & 0xff;
  }

  /** Whatever lies in the mask, of odd sides, too. */
  @ParameterizedTest
  @CsvSource({"32,32", "37,21", "64,1", "2,3"})
  void aHoleInOneColourTakesIt(int width, int height) {
    Level inside = (x, y) -> x == width / 2 && y == height / 2 ? 255 : 0;
    RgbImage picture = picture(width, height, (x, y) -> inside.at(x, y) == 0 ? 90 : 255);
    RgbImage filled = PullPush.filled(picture, mask(width, height, inside));
    assertThat(filled).isEqualTo(picture(width, height, (x, y) -> 90));
  }

  @Test
  void whatIsKeptStaysAndWhatIsFreeLiesBetweenItsNeighbours() {
    RgbImage picture = picture(64, 16, (x, y) -> x < 20 ? 40 : x < 44 ? 255 : 200);
    Mask middle = mask(64, 16, (x, y) -> x >= 20 && x < 44 ? 255 : 0);
    RgbImage filled = PullPush.filled(picture, middle);
    assertThat(filled.crop(0, 0, 20, 16)).isEqualTo(picture.crop(0, 0, 20, 16));
    assertThat(filled.crop(44, 0, 20, 16)).isEqualTo(picture.crop(44, 0, 20, 16));
    for (int x = 20; x < 44; x++) {
      assertThat(level(filled, x, 8)).isBetween(40, 200);
    }
    assertThat(level(filled, 21, 8)).isLessThan(100);
    assertThat(level(filled, 42, 8)).isGreaterThan(140);
  }

  /** Half free: half of what is there, half of what is around. */
  @Test
  void softEdgesAreFilledByAsMuchAsTheyAreFree() {
    RgbImage picture = picture(9, 9, (x, y) -> x == 4 && y == 4 ? 200 : 100);
    Mask half = mask(9, 9, (x, y) -> x == 4 && y == 4 ? 128 : 0);
    RgbImage filled = PullPush.filled(picture, half);
    assertThat((double) level(filled, 4, 4)).isCloseTo(150, within(12.0));
  }

  @Test
  void whereNothingIsKeptAllIsGrey() {
    RgbImage filled = PullPush.filled(picture(5, 7, (x, y) -> 3), mask(5, 7, (x, y) -> 255));
    assertThat(filled).isEqualTo(picture(5, 7, (x, y) -> 128));
  }

  @Test
  void aMaskOfAnotherSizeIsRefused() {
    assertThatThrownBy(() -> PullPush.filled(picture(4, 4, (x, y) -> 3), mask(4, 5, (x, y) -> 255)))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
