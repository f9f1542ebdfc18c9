package io.lssgen.train;

import io.lssgen.nn.Init;
import io.lssgen.nn.ParameterSource;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.GradMode;
import io.lssgen.tensor.TensorScope;
import java.nio.file.Path;
import java.util.function.Predicate;

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
    load(folder, parameters, path -> false);
  }

  /**
   * As {@link #load(Path, TrainableParameters)}.
   *
   * @param mayLack paths of parameters that keep their values where the folder has none
   */
  static void load(Path folder, TrainableParameters parameters, Predicate<String> mayLack) {
    try (ComponentWeights weights = new ComponentWeights(folder)) {
      copy(Parameters.of(weights), parameters, path -> mayLack.test(path) && !weights.has(path));
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
      copy(Parameters.of(weights).child(whole.getFileName().toString()), parameters, path -> false);
    }
  }

  /**
   * Fills every parameter from that of the same path.
   *
   * @throws io.lssgen.errors.ModelException if one is missing or of another shape
   */
  static void copy(ParameterSource source, TrainableParameters parameters) {
    copy(Parameters.of(source), parameters, path -> false);
  }

  private static void copy(
      Parameters source, TrainableParameters parameters, Predicate<String> kept) {
    try (TensorScope scope = TensorScope.open();
        GradMode off = GradMode.disabled();
        FlatParameters targets = new FlatParameters(parameters.layout(), parameters.values())) {
      targets
          .all()
          .forEach(
              (path, target) -> {
                if (!kept.test(path)) {
                  target.copyInPlace(source.tensor(path, Init.ZEROS, target.shape()));
                }
              });
    }
  }
}
