package io.lssgen.scenes;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Measures what objects.txt says about the backgrounds on which an object would be lost. */
class SceneVisibilityTest {
  private static final int SIDE = 64;

  @Test
  void theTableFollowsItsRule() {
    EmojiArtwork artwork = MiniArtwork.load();
    for (SceneObject object : MiniArtwork.VOCABULARY.objects()) {
      for (BackgroundColor background : MiniArtwork.VOCABULARY.backgrounds()) {
        double hidden = 0;
        for (EmojiStyle style : EmojiStyle.values()) {
          hidden = Math.max(hidden, hidden(artwork.raster(object, style, SIDE), background.rgb()));
        }
        if (!background.name().equals(BackgroundColor.DEFAULT) && !object.isShape()) {
          assertThat(object.lostOn().contains(background.name()))
              .as("%s on %s, hidden %s", object.id(), background.name(), hidden)
              .isEqualTo(hidden >= 0.55);
        } else if (hidden >= 0.55 && !background.name().equals(BackgroundColor.DEFAULT)) {
          assertThat(object.lostOn()).as(object.id()).contains(background.name());
        }
      }
    }
  }

  /** The greater of the hidden fractions of outline and area. */
  private static double hidden(Raster raster, int background) {
    int outline = 0;
    int outlineHidden = 0;
    int area = 0;
    int areaHidden = 0;
    for (int y = 0; y < SIDE; y++) {
      for (int x = 0; x < SIDE; x++) {
        int pixel = raster.argb()[y * SIDE + x];
        if (pixel >>> 24 < 200) {
          continue;
        }
        boolean near = distance(pixel, background) < 25;
        area++;
        areaHidden += near ? 1 : 0;
        if (atOutline(raster, x, y)) {
          outline++;
          outlineHidden += near ? 1 : 0;
        }
      }
    }
    return Math.max((double) areaHidden / area, (double) outlineHidden / outline);
  }

  private static boolean atOutline(Raster raster, int x, int y) {
    for (int v = y - 3; v <= y + 3; v++) {
      for (int u = x - 3; u <= x + 3; u++) {
        if (u < 0 || v < 0 || u >= SIDE || v >= SIDE || raster.argb()[v * SIDE + u] >>> 24 < 60) {
          return true;
        }
      }
    }
    return false;
  }

  private static double distance(int a, int b) {
    double[] p = lab(a);
    double[] q = lab(b);
    return Math.sqrt(
        Math.pow(p[0] - q[0], 2) + Math.pow(p[1] - q[1], 2) + Math.pow(p[2] - q[2], 2));
  }

  /** CIE L*a*b* under D65. */
  private static double[] lab(int rgb) {
    double r = linear(rgb >> 16 & 0xff);
    double g = linear(rgb >> 8 & 0xff);
    double b = linear(rgb & 0xff);
    double x = root((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505);
    double y = root(0.2126 * r + 0.7152 * g + 0.0722 * b);
    double z = root((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089);
    return new double[] {116 * y - 16, 500 * (x - y), 200 * (y - z)};
  }

  private static double linear(int value) {
    double v = value / 255.0;
    return v <= 0.04045 ? v / 12.92 : Math.pow((v + 0.055) / 1.055, 2.4);
  }

  private static double root(double t) {
    return t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116.0;
  }
}
