package io.lssgen.schedule;

import io.lssgen.tensor.Tensor;
import java.util.OptionalDouble;

/**
 * Keeps estimates of the clean latents within a range, as models that work on pixels want it.
 *
 * @param range the largest absolute value; empty: everything passes
 */
record CleanClip(OptionalDouble range) {
  /** Everything passes. */
  static final CleanClip NONE = new CleanClip(OptionalDouble.empty());

  static CleanClip of(SchedulerFields fields, boolean clipped) {
    fields.off("thresholding");
    double range = fields.number("clip_sample_range", 1);
    return new CleanClip(
        fields.flag("clip_sample", clipped) ? OptionalDouble.of(range) : OptionalDouble.empty());
  }

  Tensor of(Tensor clean) {
    return range.isEmpty() ? clean : clean.clamp(-range.getAsDouble(), range.getAsDouble());
  }
}
