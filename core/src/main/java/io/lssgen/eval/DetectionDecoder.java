package io.lssgen.eval;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Turns one picture's maps into what was seen: cells whose objectness is a local maximum, without
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
    for (int cell : peaks(objectness)) {
      seen.add(detection(cell, sigmoid(objectness[cell]), classes, boxes));
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

  /** Cells that are likely enough, and likelier than their eight neighbours. */
  private List<Integer> peaks(float[] objectness) {
    int g = config.grid();
    List<Integer> peaks = new ArrayList<>();
    for (int cell = 0; cell < g * g; cell++) {
      if (sigmoid(objectness[cell]) >= CANDIDATE && highest(objectness, cell, g)) {
        peaks.add(cell);
      }
    }
    return peaks;
  }

  private static boolean highest(float[] values, int cell, int g) {
    int x = cell % g;
    int y = cell / g;
    for (int row = Math.max(0, y - 1); row <= Math.min(g - 1, y + 1); row++) {
      for (int column = Math.max(0, x - 1); column <= Math.min(g - 1, x + 1); column++) {
        int other = row * g + column;
        // Of equal neighbours the first is the peak.
        if (values[other] > values[cell] || (values[other] == values[cell] && other < cell)) {
          return false;
        }
      }
    }
    return true;
  }

  private Detection detection(int cell, double there, float[] classes, float[] boxes) {
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
