package io.lssgen.pipeline;

import io.lssgen.image.ImageSize;
import io.lssgen.image.RgbImage;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The sizes that FLUX.1 Kontext was trained with. Source: diffusers' {@code
 * PREFERRED_KONTEXT_RESOLUTIONS}.
 */
final class ReferenceSizes {
  /** A side of a token in pixels, of which all sides are multiples. */
  private static final int TOKEN = 16;

  private static final int[] SHORT = {672, 688, 720, 752, 800, 832, 880, 944, 1024};
  private static final int[] LONG = {1568, 1504, 1456, 1392, 1328, 1248, 1184, 1104, 1024};
  private static final double PIXELS = 1024 * 1024;

  /** Upright ones, then those turned. */
  private static final List<ImageSize> ALL =
      Stream.concat(
              IntStream.range(0, SHORT.length).mapToObj(i -> new ImageSize(SHORT[i], LONG[i])),
              IntStream.range(0, SHORT.length).mapToObj(i -> new ImageSize(LONG[i], SHORT[i])))
          .toList();

  private ReferenceSizes() {}

  /**
   * The size whose proportions are the picture's, as nearly as may be.
   *
   * @param pixels of the picture that is made, or of its stage: with fewer than these sizes have,
   *     the size has fewer, too
   */
  static ImageSize of(RgbImage picture, long pixels) {
    double ratio = (double) picture.width() / picture.height();
    ImageSize trained =
        ALL.stream()
            .min(
                Comparator.comparingDouble(
                    size -> Math.abs(ratio - (double) size.width() / size.height())))
            .orElseThrow();
    double share = Math.min(1, Math.sqrt(pixels / PIXELS));
    return new ImageSize(side(trained.width() * share), side(trained.height() * share));
  }

  private static int side(double wanted) {
    return (int) Math.max(1, Math.round(wanted / TOKEN)) * TOKEN;
  }
}
