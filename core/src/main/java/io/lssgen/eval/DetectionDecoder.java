package io.lssgen.eval;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Turns one picture's maps into what was seen: places whose objectness is a local maximum, without
 * those that mean the same object. Pure Java.
 */
public final class DetectionDecoder {
  /** From this probability of an object's centre on, something counts as seen. */
  public static final double CANDIDATE = 0.3;

  /** What the detector is sure of has at least this probability. */
  public static final double SURE = 0.5;

  /** Of two boxes that share more than this part of the smaller one, the weaker is dropped. */
  static final double SAME = 0.5;

  private final DetectorConfig config;

  /** A decoder for detectors of this configuration. */
  public DetectionDecoder(DetectorConfig config) {
    this.config = config;
  }

  /**
   * Decodes one picture.
   *
   * @param objectness [g · g] logits, row by row
   * @param classes [(N + 1) · g · g] logits, class by class
   * @param boxes [3 · g · g], as {@link SceneDetector.Maps} has them
   * @param background [K] logits
   */
  public DetectedScene decode(
      float[] objectness, float[] classes, float[] boxes, float[] background) {
    int cells = config.grid() * config.grid();
    requireLength("objectness", cells, objectness);
    requireLength("classes", cells * (config.objects().size() + 1), classes);
    requireLength("boxes", 3 * cells, boxes);
    requireLength("background", config.backgrounds().size(), background);
    List<Detection> seen = new ArrayList<>();
    double[] there = new double[cells];
    Arrays.setAll(there, cell -> sigmoid(objectness[cell]));
    for (Peak peak : peaks(there)) {
      seen.add(detection(peak, classes, boxes));
    }
    Choice color = Choice.of(background, 0, 1, background.length);
    String name = color.probability() < SURE ? null : config.backgrounds().get(color.index());
    return new DetectedScene(withoutRepetitions(seen), name);
  }

  private static void requireLength(String map, int wanted, float[] values) {
    if (values.length != wanted) {
      throw new IllegalArgumentException(
          map + ": wanted " + wanted + " values, found " + values.length);
    }
  }

  /**
   * A place where a centre is likely.
   *
   * @param cell the likeliest of the four around it
   * @param there their probability together, at most 1
   */
  private record Peak(int cell, double there) {}

  /**
   * Corners of cells that are likely enough, and at least as likely as their eight neighbours. A
   * centre that lies between cells divides its probability among them: of one in a corner, no cell
   * has more than a quarter. So the four cells around a corner count together.
   */
  private List<Peak> peaks(double[] there) {
    int g = config.grid();
    int corners = g - 1;
    int[] first = new int[corners * corners]; // the upper left one of each corner's cells
    Arrays.setAll(first, i -> i / corners * g + i % corners);
    double[] together = new double[first.length];
    Arrays.setAll(together, i -> sum(there, first[i], g));
    List<Peak> peaks = new ArrayList<>();
    for (int i = 0; i < together.length; i++) {
      if (together[i] >= CANDIDATE && highest(together, i, corners)) {
        peaks.add(new Peak(likeliest(there, first[i], g), Math.min(1, together[i])));
      }
    }
    return peaks;
  }

  private static double sum(double[] values, int first, int g) {
    return values[first] + values[first + 1] + values[first + g] + values[first + g + 1];
  }

  private static int likeliest(double[] values, int first, int g) {
    int best = first;
    for (int cell : new int[] {first + 1, first + g, first + g + 1}) {
      best = values[cell] > values[best] ? cell : best;
    }
    return best;
  }

  private static boolean highest(double[] values, int place, int side) {
    int x = place % side;
    int y = place / side;
    for (int row = Math.max(0, y - 1); row <= Math.min(side - 1, y + 1); row++) {
      for (int column = Math.max(0, x - 1); column <= Math.min(side - 1, x + 1); column++) {
        int other = row * side + column;
        // Of equal neighbours the first is the peak.
        if (values[other] > values[place] || (values[other] == values[place] && other < place)) {
          return false;
        }
      }
    }
    return true;
  }

  private Detection detection(Peak peak, float[] classes, float[] boxes) {
    int cell = peak.cell;
    double there = peak.there;
    int g = config.grid();
    int cells = g * g;
    Choice choice = Choice.of(classes, cell, cells, config.objects().size() + 1);
    double x = (cell % g + 0.5 + boxes[cell]) / g;
    double y = (cell / g + 0.5 + boxes[cells + cell]) / g;
    double size = Math.min(1, Math.exp(boxes[2 * cells + cell]));
    boolean sure =
        there >= SURE && choice.probability() >= SURE && choice.index() != config.unknown();
    @Nullable String object = sure ? config.objects().get(choice.index()) : null;
    return new Detection(object, x, y, size, there * choice.probability());
  }

  /** Non-maximum suppression: the most confident first. */
  private static List<Detection> withoutRepetitions(List<Detection> seen) {
    List<Detection> kept = new ArrayList<>();
    seen.stream()
        .sorted(Comparator.comparingDouble(Detection::confidence).reversed())
        .filter(each -> kept.stream().noneMatch(other -> each.overlap(other) > SAME))
        .forEachOrdered(kept::add);
    return kept;
  }

  private static double sigmoid(double logit) {
    return 1 / (1 + Math.exp(-logit));
  }

  /** The likeliest of some logits, with its probability. */
  private record Choice(int index, double probability) {
    static Choice of(float[] logits, int first, int stride, int count) {
      int best = 0;
      for (int i = 1; i < count; i++) {
        if (logits[first + i * stride] > logits[first + best * stride]) {
          best = i;
        }
      }
      double sum = 0;
      for (int i = 0; i < count; i++) {
        sum += Math.exp(logits[first + i * stride] - logits[first + best * stride]);
      }
      return new Choice(best, 1 / sum);
    }
  }
}
