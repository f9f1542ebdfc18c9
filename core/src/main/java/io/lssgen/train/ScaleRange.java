package io.lssgen.train;

import io.lssgen.errors.UsageException;
import io.lssgen.tensor.Rng;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.weights.ModelConfig;
import java.util.List;

/**
 * The guidance scales that a model learns.
 *
 * @param low smallest, at least 1, which is no guidance
 * @param high largest
 */
record ScaleRange(double low, double high) {
  ScaleRange {
    if (!(low >= 1 && high >= low)) {
      throw new IllegalArgumentException(
          "guidance scales must rise from at least 1, found " + low + " to " + high);
    }
  }

  /** The field {@code guidance}. */
  static ScaleRange of(ModelConfig training) {
    List<Double> range = training.numbers("guidance");
    if (range.size() != 2) {
      throw new UsageException(
          "%s: guidance wants two scales, found %s".formatted(training.origin(), range));
    }
    return new ScaleRange(range.get(0), range.get(1));
  }

  /** Scales for {@code size} pictures, fp32 [size]. */
  Tensor draw(int size, Rng rng) {
    try (TensorScope scope = TensorScope.open()) {
      return scope.keep(rng.rand(size).mul(high - low).add(low));
    }
  }
}
