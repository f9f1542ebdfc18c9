package io.lssgen.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.lssgen.errors.UsageException;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class MaskTest {

  private static RgbImage filled(int width, int height, int red, int green, int blue) {
    byte[] rgb = new byte[3 * width * height];
    for (int i = 0; i < rgb.length; i += 3) {
      rgb[i] = (byte) red;
      rgb[i + 1] = (byte) green;
      rgb[i + 2] = (byte) blue;
    }
    return new RgbImage(width, height, rgb);
  }

  /** White from column {@code from} on. */
  private static Mask half(int width, int height, int from) {
    byte[] rgb = new byte[3 * width * height];
    for (int i = 0; i < rgb.length; i++) {
      rgb[i] = (byte) (i / 3 % width >= from ? 255 : 0);
    }
    return Mask.of(new RgbImage(width, height, rgb));
  }

  private static byte[] png(int... colours) {
    BufferedImage image = new BufferedImage(colours.length, 1, BufferedImage.TYPE_INT_ARGB);
    image.setRGB(0, 0, colours.length, 1, colours, 0, colours.length);
    try (ByteArrayOutputStream out = new ByteArrayOutputStream()) {
      ImageIO.write(image, "png", out);
      return out.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Mask read(Mask.Source source, int... colours) {
    return ImageFiles.readMask(png(colours), "mask", 100, source);
  }

  private static int[] levels(Mask mask) {
    int[] levels = new int[mask.width()];
    for (int x = 0; x < levels.length; x++) {
      levels[x] = mask.level(x, 0);
    }
    return levels;
  }

  /** The numbers are Pillow's, of {@code Image.convert("L")}. */
  @ParameterizedTest
  @CsvSource({
    "255,0,0,76",
    "0,255,0,150",
    "0,0,255,29",
    "255,255,255,255",
    "0,0,0,0",
    "10,200,30,124"
  })
  void brightnessIsPillows(int red, int green, int blue, int level) {
    assertThat(Mask.of(filled(1, 1, red, green, blue)).level(0, 0)).isEqualTo(level);
  }

  @Test
  void aFileSaysByItsBrightnessWhatIsMadeAnew() {
    assertThat(levels(read(Mask.Source.BRIGHTNESS, 0xff000000, 0xffffffff, 0xff808080)))
        .containsExactly(0, 255, 128);
  }

  /** As Pillow reads them; Java would take grey for linear light and make 133 of 60. */
  @ParameterizedTest
  @CsvSource({"10,60", "10,128", "11,60"}) // TYPE_BYTE_GRAY and TYPE_USHORT_GRAY
  void greyIsTakenAsItStands(int type, int level) throws IOException {
    BufferedImage grey = new BufferedImage(2, 1, type);
    int sample = type == BufferedImage.TYPE_BYTE_GRAY ? level : 257 * level;
    grey.getRaster().setSample(1, 0, 0, sample);
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    ImageIO.write(grey, "png", file);

    Mask mask = ImageFiles.readMask(file.toByteArray(), "mask", 100, Mask.Source.BRIGHTNESS);
    assertThat(levels(mask)).containsExactly(0, level);
    RgbImage image = ImageFiles.readUpright(file.toByteArray(), "picture", 100);
    assertThat(image.rgb()[3] & 0xff).isEqualTo(level);
  }

  @Test
  void aFileSaysByItsTransparencyWhatIsMadeAnew() {
    assertThat(levels(read(Mask.Source.TRANSPARENCY, 0x00ffffff, 0xffffffff, 0x40000000)))
        .containsExactly(255, 0, 191);
  }

  @Test
  void aSketchSaysByItsOpacityWhatIsMadeAnew() {
    assertThat(levels(read(Mask.Source.OPACITY, 0x00ffffff, 0xff000000, 0x80ffffff)))
        .containsExactly(0, 255, 0); // AUTOMATIC1111 wants more than 128
    assertThat(levels(read(Mask.Source.OPACITY, 0xff000000, 0xffffffff))).containsExactly(0, 255);
  }

  @Test
  void transparencyIsNotGuessedAt() {
    assertThatThrownBy(() -> read(Mask.Source.BRIGHTNESS, 0x00ffffff, 0xffffffff))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("white")
        .hasMessageContaining("found transparency");
    assertThatThrownBy(() -> read(Mask.Source.TRANSPARENCY, 0xff000000, 0xffffffff))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("nothing transparent");
  }

  @ParameterizedTest
  @EnumSource(Mask.Source.class)
  void brokenFilesAreRefused(Mask.Source source) {
    byte[] whole = png(0xffffffff, 0xff000000);
    byte[] cut = Arrays.copyOf(whole, whole.length / 2);
    assertThatThrownBy(() -> ImageFiles.readMask(cut, "mask", 100, source))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("mask");
    assertThatThrownBy(() -> ImageFiles.readMask(whole, "mask", 1, source))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("2x1");
  }

  /** A step becomes the integral of the Gaussian: 16, 50 and 84 of a hundred, but for pixels. */
  @ParameterizedTest
  @ValueSource(doubles = {4, 9.5, 20})
  void anEdgeIsSoftenedByAGaussian(double deviation) {
    Mask soft = half(200, 3, 100).blurred(deviation);
    int off = (int) deviation;
    assertThat(soft.level(99, 1) + soft.level(100, 1)).isCloseTo(255, within(1));
    assertThat(soft.level(100 - off, 1) / 255.0).isCloseTo(0.16, within(0.03));
    assertThat(soft.level(99 + off, 1) / 255.0).isCloseTo(0.84, within(0.03));
    assertThat(soft.level(5, 1)).isZero();
    assertThat(soft.level(195, 1)).isEqualTo(255);
    assertThat(soft.blur()).isEqualTo(deviation);
    assertThat(Mask.of(soft.image(), deviation)).isEqualTo(soft);
  }

  @Test
  void whatIsEvenStaysSo() {
    assertThat(Mask.of(filled(30, 20, 255, 255, 255)).blurred(7).inverted().isEmpty()).isTrue();
    Mask mask = half(20, 10, 10);
    assertThat(mask.blurred(0)).isSameAs(mask);
  }

  @ParameterizedTest
  @ValueSource(doubles = {-1, 65, Double.NaN})
  void aBlurOutOfRangeIsRefused(double deviation) {
    Mask mask = half(8, 8, 4);
    assertThatThrownBy(() -> mask.blurred(deviation))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("found " + deviation);
  }

  @Test
  void aSquareWithAPixelToMakeAnewIsMadeAnew() {
    assertThat(half(16, 8, 9).squares(4)).containsExactly(0, 0, 1, 1, 0, 0, 1, 1);
    assertThat(half(16, 8, 7).squares(8)).containsExactly(1, 1);
    assertThat(half(16, 8, 16).squares(8)).containsExactly(0, 0);
  }

  @Test
  void nothingOfWhatIsKeptChanges() {
    Random random = new Random(1);
    byte[] kept = new byte[3 * 16 * 4];
    byte[] made = new byte[kept.length];
    random.nextBytes(kept);
    random.nextBytes(made);
    Mask mask = half(16, 4, 8);
    byte[] blended = mask.blend(new RgbImage(16, 4, kept), new RgbImage(16, 4, made)).rgb();
    for (int i = 0; i < blended.length; i++) {
      assertThat(blended[i]).isEqualTo(i / 3 % 16 < 8 ? kept[i] : made[i]);
    }
  }

  @Test
  void betweenTheTwoPixelsAreMeans() {
    Mask grey = Mask.of(filled(1, 1, 51, 51, 51)); // a fifth
    RgbImage blended = grey.blend(filled(1, 1, 0, 100, 255), filled(1, 1, 255, 200, 5));
    assertThat(blended).isEqualTo(filled(1, 1, 51, 120, 205));
  }

  @Test
  void masksAreToldApart() {
    Mask mask = half(16, 4, 8);
    assertThat(mask.fingerprint())
        .matches("[0-9a-f]{10}")
        .isEqualTo(Mask.of(mask.image()).fingerprint())
        .isNotEqualTo(half(16, 4, 9).fingerprint())
        .isNotEqualTo(half(8, 8, 4).fingerprint());
    assertThat(mask.inverted().inverted()).isEqualTo(mask);
  }
}
