package io.lssgen.train;

import io.lssgen.nn.Init;
import io.lssgen.nn.ParameterSource;
import io.lssgen.tensor.GradMode;
import io.lssgen.tensor.TensorScope;
import java.nio.file.Path;

/** Begins a training with the weights of a model folder instead of fresh ones. */
final class InitialWeights {
  private InitialWeights() {}

  /**
   * Fills every parameter from the component that its path begins with, see {@link
   * ComponentWeights}.
   *
   * @throws io.lssgen.errors.ModelException if one is missing or of another shape
   */
  static void load(Path folder, TrainableParameters parameters) {
    try (ComponentWeights weights = new ComponentWeights(folder)) {
      copy(weights, parameters);
    }
  }

  /**
   * Fills every parameter from that of the same path.
   *
   * @throws io.lssgen.errors.ModelException if one is missing or of another shape
   */
  static void copy(ParameterSource source, TrainableParameters parameters) {
    try (TensorScope scope = TensorScope.open();
        GradMode off = GradMode.disabled();
        FlatParameters targets = new FlatParameters(parameters.layout(), parameters.values())) {
      targets
          .all()
          .forEach(
              (path, target) ->
                  target.copyInPlace(source.parameter(path, Init.ZEROS, target.shape())));
    }
  }
}
