package io.lssgen.eval;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lssgen.image.RgbImage;
import io.lssgen.scenes.SceneSettings;
import io.lssgen.scenes.SceneSplit;
import io.lssgen.scenes.SceneStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * How well pictures of emoji scenes survive an autoencoder: scenes with combinations that no
 * training shows, encoded, decoded, rounded to 8 bits and compared.
 */
public final class AutoencoderScores {
  /** A seed that no training uses. */
  private static final long SEED = 0xae5c0e5L;

  private static final ObjectMapper JSON = new ObjectMapper();

  private final ObjectNode settings;
  private final ArrayNode sides;
  private final StringBuilder table = new StringBuilder();

  /**
   * @param name tells the reader which autoencoder it is
   */
  public AutoencoderScores(String name) {
    settings = JSON.createObjectNode().put("autoencoder", name);
    sides = settings.putArray("sides");
    table.append("autoencoder: ").append(name).append('\n');
    table.append("PSNR in dB of held-out scenes\n");
    table.append("  side  scenes    mean  median   worst\n");
  }

  /** Scenes that {@link #measure} compares. */
  public static SceneStream heldOut(Path artwork) {
    return SceneStream.standard(artwork, Set.of(SceneSplit.HELD_OUT), SceneSettings.USUAL, SEED);
  }

  /**
   * Measures {@code count} scenes of one size.
   *
   * @param count at least 1
   * @param side pixels, a multiple of the autoencoder's factor
   * @param pass a picture to what the autoencoder leaves of it
   */
  public void measure(SceneStream scenes, int count, int side, UnaryOperator<RgbImage> pass) {
    double[] decibels = new double[count];
    for (int i = 0; i < count; i++) {
      RgbImage image = scenes.sample(i, side).image();
      decibels[i] = psnr(image, pass.apply(image));
    }
    Arrays.sort(decibels);
    double mean = Arrays.stream(decibels).average().orElseThrow();
    double median = Median.of(decibels);
    ObjectNode row = sides.addObject().put("side", side).put("scenes", count);
    row.put("mean", mean).put("median", median).put("worst", decibels[0]);
    table.append(
        String.format(
            Locale.ROOT,
            "%6d  %6d  %6.2f  %6.2f  %6.2f%n",
            side,
            count,
            mean,
            median,
            decibels[0]));
  }

  /** Peak signal-to-noise ratio of two pictures of one size, in decibels; infinite if equal. */
  static double psnr(RgbImage first, RgbImage second) {
    byte[] a = first.rgb();
    byte[] b = second.rgb();
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      double difference = (a[i] & 0xff) - (b[i] & 0xff);
      sum += difference * difference;
    }
    return 10 * Math.log10(255.0 * 255.0 * a.length / sum);
  }

  /** A table for people. */
  public String human() {
    return table.toString();
  }

  /** One object with a row for each size. */
  public String json() {
    return settings.toPrettyString();
  }
}
