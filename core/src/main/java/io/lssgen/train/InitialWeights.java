package io.lssgen.train;

import io.lssgen.nn.Init;
import io.lssgen.nn.ParameterSource;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.GradMode;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import java.nio.file.Path;
import java.util.Set;

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
    load(folder, parameters, Set.of());
  }

  /**
   * As {@link #load(Path, TrainableParameters)}.
   *
   * @param added paths of parameters that the folder may lack; they begin at zero
   */
  static void load(Path folder, TrainableParameters parameters, Set<String> added) {
    try (ComponentWeights weights = new ComponentWeights(folder)) {
      copy(
          new ParameterSource() {
            @Override
            public Tensor parameter(String path, Init init, long... shape) {
              return added.contains(path) && !weights.has(path)
                  ? Tensors.zeros(DType.F32, shape)
                  : weights.parameter(path, init, shape);
            }

            @Override
            public boolean has(String path) {
              return weights.has(path);
            }
          },
          parameters);
    }
  }

  /**
   * As {@link #load(Path, TrainableParameters)}, for a model that is one component.
   *
   * @param folder the component's own
   */
  static void loadComponent(Path folder, TrainableParameters parameters) {
    Path whole = folder.toAbsolutePath().normalize();
    try (ComponentWeights weights = new ComponentWeights(whole.resolveSibling(""))) {
      copy(Parameters.of(weights).child(whole.getFileName().toString()), parameters);
    }
  }

  /**
   * Fills every parameter from that of the same path.
   *
   * @throws io.lssgen.errors.ModelException if one is missing or of another shape
   */
  static void copy(ParameterSource source, TrainableParameters parameters) {
    copy(Parameters.of(source), parameters);
  }

  private static void copy(Parameters source, TrainableParameters parameters) {
    try (TensorScope scope = TensorScope.open();
        GradMode off = GradMode.disabled();
        FlatParameters targets = new FlatParameters(parameters.layout(), parameters.values())) {
      targets
          .all()
          .forEach(
              (path, target) ->
                  target.copyInPlace(source.tensor(path, Init.ZEROS, target.shape())));
    }
  }
}
