package io.lssgen.pipeline;

import io.lssgen.errors.UsageException;
import io.lssgen.weights.ModelConfig;
import java.util.List;

/**
 * The guidance scales that a model was distilled for.
 *
 * @param least at least 0
 * @param most at most 1000
 */
public record GuidanceRange(double least, double most) {
  /**
   * Checks the order.
   *
   * @throws UsageException if the scales do not rise, or are none that a request may have
   */
  public GuidanceRange {
    if (!(least >= 0 && most >= least && most <= 1000)) {
      throw new UsageException(
          "the guidance range must rise from at least 0 to at most 1000, found %s to %s"
              .formatted(least, most));
    }
  }

  /** The list of two scales in this field. */
  static GuidanceRange of(ModelConfig config, String field) {
    List<Double> scales = config.numbers(field);
    if (scales.size() != 2) {
      throw new UsageException(field + " wants two scales, found " + scales);
    }
    return new GuidanceRange(scales.get(0), scales.get(1));
  }

  /** Whether the model was distilled for this scale. */
  public boolean contains(double scale) {
    return scale >= least && scale <= most;
  }
}
