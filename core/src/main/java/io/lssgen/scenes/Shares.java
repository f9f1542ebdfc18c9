package io.lssgen.scenes;

import java.util.EnumMap;
import java.util.Map;

/**
 * How often each of some things is drawn.
 *
 * @param of each thing's share, above 0; they need not add up to 1
 */
public record Shares<K extends Enum<K>>(Map<K, Double> of) {
  /**
   * @throws IllegalArgumentException if there are none, or one is not above 0
   */
  public Shares {
    if (of.isEmpty() || of.values().stream().anyMatch(share -> !(share > 0))) {
      throw new IllegalArgumentException("shares must be above 0, at least one, found " + of);
    }
    of = new EnumMap<>(of); // in the enum's order: what is drawn depends on it
  }

  /**
   * The thing at a place of the whole.
   *
   * @param uniform in [0, 1)
   */
  public K at(double uniform) {
    double left = uniform * of.values().stream().mapToDouble(Double::doubleValue).sum();
    K thing = of.keySet().iterator().next();
    for (Map.Entry<K, Double> each : of.entrySet()) {
      thing = each.getKey();
      left -= each.getValue();
      if (left < 0) {
        break;
      }
    }
    return thing; // the last one where sums of doubles round
  }
}
