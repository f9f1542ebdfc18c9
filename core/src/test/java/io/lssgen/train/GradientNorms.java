package io.lssgen.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.lssgen.model.GoldenTensors;
import org.assertj.core.data.Percentage;

/** Gradients against those of golden files: the norm of each parameter's, 1e-3 relative. */
final class GradientNorms {
  static final Percentage TOLERANCE = Percentage.withPercentage(0.1);
  static final String PREFIX = "norm.";

  /** What rounding alone may make of a gradient that is zero, as of keys' biases, relative. */
  private static final double LEAST = 2e-5;

  private GradientNorms() {}

  /** Each parameter has the gradient that the file tells, and none where it tells none. */
  static void assertEqual(TrainableParameters parameters, GoldenTensors golden) {
    assertEqual(parameters, golden, PREFIX);
  }

  /**
   * Each parameter has the gradient that the file tells, and none where it tells none.
   *
   * @param prefix of the norms' names in the file
   */
  static void assertEqual(TrainableParameters parameters, GoldenTensors golden, String prefix) {
    int compared = 0;
    try (FlatParameters gradients =
        new FlatParameters(parameters.layout(), parameters.gradients())) {
      for (String path : gradients.all().keySet()) {
        double norm = gradients.at(path).square().sum().sqrt().item();
        if (golden.has(prefix + path)) {
          double wanted = golden.tensor(prefix + path).item();
          assertThat(norm + LEAST).as(path).isCloseTo(wanted + LEAST, TOLERANCE);
          compared++;
        } else {
          assertThat(norm).as(path).isZero(); // what no loss depends on
        }
      }
    }
    assertThat(golden.all().keySet().stream().filter(n -> n.startsWith(prefix))).hasSize(compared);
  }
}
