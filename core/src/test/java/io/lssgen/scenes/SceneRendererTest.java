package io.lssgen.scenes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.lssgen.errors.LssGenException;
import io.lssgen.image.RgbImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SceneRendererTest {
  private final SceneRenderer renderer =
      new SceneRenderer(MiniArtwork.VOCABULARY, MiniArtwork.load());

  private static Scene one(String object, double x, double y, double size, String background) {
    return new Scene(
        SceneKind.SINGLE,
        List.of(new PlacedObject(object, x, y, size)),
        background,
        EmojiStyle.NOTO);
  }

  private static int pixel(RgbImage image, int x, int y) {
    int at = 3 * (y * image.width() + x);
    return (image.rgb()[at] & 0xff) << 16
        | (image.rgb()[at + 1] & 0xff) << 8
        | (image.rgb()[at + 2] & 0xff);
  }

  @Test
  void whatIsDrawnFillsTheSquareThatTheSceneNames() {
    for (String object : List.of("dog", "apple", "car", "penguin", "blue circle")) {
      RgbImage image = renderer.render(one(object, 0.4, 0.6, 0.5, "pink"), 256);
      int background = pixel(image, 0, 0);
      int[] xs = positions(image, background, true);
      int[] ys = positions(image, background, false);
      assertThat((xs[0] + xs[1] + 1) / 2.0).as(object).isCloseTo(0.4 * 256, within(2.5));
      assertThat((ys[0] + ys[1] + 1) / 2.0).as(object).isCloseTo(0.6 * 256, within(2.5));
      assertThat(Math.max(xs[1] - xs[0], ys[1] - ys[0]) + 1.0)
          .as(object)
          .isCloseTo(128, within(3.0));
    }
  }

  /** First and last column (or row) in which a pixel is clearly not background. */
  private static int[] positions(RgbImage image, int background, boolean columns) {
    return IntStream.range(0, image.width() * image.height())
        .filter(at -> far(pixel(image, at % image.width(), at / image.width()), background))
        .map(at -> columns ? at % image.width() : at / image.width())
        .boxed()
        .collect(
            () -> new int[] {Integer.MAX_VALUE, -1},
            (range, at) -> {
              range[0] = Math.min(range[0], at);
              range[1] = Math.max(range[1], at);
            },
            (a, b) -> {});
  }

  private static boolean far(int a, int b) {
    int distance = 0;
    for (int shift = 0; shift < 24; shift += 8) {
      distance += Math.abs((a >> shift & 0xff) - (b >> shift & 0xff));
    }
    return distance > 24;
  }

  @Test
  void plainAreasKeepTheirExactColour() {
    SceneObject circle = MiniArtwork.VOCABULARY.object("blue circle");
    Scene scene =
        new Scene(
            SceneKind.SINGLE,
            List.of(new PlacedObject("blue circle", 0.5, 0.5, 0.5)),
            "yellow",
            EmojiStyle.FLAT);
    RgbImage image = renderer.render(scene, 128);
    assertThat(pixel(image, 64, 64)).isEqualTo(circle.shape().rgb());
    assertThat(pixel(image, 3, 3)).isEqualTo(MiniArtwork.VOCABULARY.background("yellow").rgb());
  }

  @Test
  void sizesShowTheSamePicture() {
    Scene scene = one("house", 0.5, 0.5, 0.55, "green");
    RgbImage small = renderer.render(scene, 128);
    RgbImage large = renderer.render(scene, 512);
    double error = 0;
    for (int y = 0; y < 128; y++) {
      for (int x = 0; x < 128; x++) {
        for (int c = 0; c < 3; c++) {
          int sum = 0;
          for (int k = 0; k < 16; k++) {
            sum += large.rgb()[3 * ((4 * y + k / 4) * 512 + 4 * x + k % 4) + c] & 0xff;
          }
          error += Math.abs(sum / 16.0 - (small.rgb()[3 * (y * 128 + x) + c] & 0xff));
        }
      }
    }
    assertThat(error / (3 * 128 * 128)).isLessThan(1.5);
  }

  @Test
  void otherFormsOfFrameKeepObjectsInside() {
    RgbImage image = renderer.render(one("dog", 0.6, 0.4, 0.8, "blue"), 256, 128);
    int[] xs = positions(image, pixel(image, 0, 0), true);
    assertThat((xs[0] + xs[1] + 1) / 2.0).isCloseTo(0.6 * 256, within(2.5));
    assertThat(xs[1] - xs[0] + 1).isLessThanOrEqualTo(106);
  }

  @Test
  void everyIconDrawsSomethingInBothStyles() {
    EmojiArtwork artwork = MiniArtwork.load();
    for (SceneObject object : MiniArtwork.VOCABULARY.objects()) {
      for (EmojiStyle style : EmojiStyle.values()) {
        Raster raster = artwork.raster(object, style, 60);
        assertThat(raster.width()).isEqualTo(64);
        Bounds bounds = Bounds.of(raster, 24);
        assertThat(Math.max(bounds.width(), bounds.height())).isBetween(60, 64);
      }
    }
  }

  @Test
  void aSmallCacheGivesTheSameRasters() throws Exception {
    Path folder = Path.of(getClass().getResource("/emoji").toURI());
    EmojiArtwork tight = EmojiArtwork.load(folder, MiniArtwork.VOCABULARY, 1);
    EmojiArtwork roomy = MiniArtwork.load();
    SceneObject dog = MiniArtwork.VOCABULARY.object("dog");
    for (int i = 0; i < 2; i++) {
      assertThat(tight.raster(dog, EmojiStyle.FLAT, 100).argb())
          .isEqualTo(roomy.raster(dog, EmojiStyle.FLAT, 100).argb());
    }
  }

  @Test
  void missingArtworkIsNamedWithTheRemedy(@TempDir Path folder) throws Exception {
    assertThatThrownBy(() -> EmojiArtwork.load(folder, MiniArtwork.VOCABULARY))
        .isInstanceOf(LssGenException.class)
        .hasMessageContaining("tools/fetch-emoji.sh");
    Path set = Files.createDirectories(folder.resolve("noto"));
    Files.writeString(set.resolve("icons.json"), "{\"icons\":{},\"width\":128}");
    assertThatThrownBy(() -> EmojiArtwork.load(folder, MiniArtwork.VOCABULARY))
        .isInstanceOf(LssGenException.class)
        .hasMessageContaining("has no icon");
  }
}
