package io.lssgen.train;

import io.lssgen.tensor.GradMode;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.weights.Checkpoint;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** Begins a training with the weights of a model folder instead of fresh ones. */
final class InitialWeights {
  private InitialWeights() {}

  /**
   * Fills every parameter from the component that its path begins with: {@code transformer.x} is x
   * in the folder {@code transformer}.
   *
   * @throws io.lssgen.errors.ModelException if one is missing or of another shape
   */
  static void load(Path folder, TrainableParameters parameters) {
    Map<String, Checkpoint> components = new HashMap<>();
    try (TensorScope scope = TensorScope.open();
        GradMode off = GradMode.disabled();
        FlatParameters targets = new FlatParameters(parameters.layout(), parameters.values())) {
      targets
          .all()
          .forEach(
              (path, target) -> {
                int dot = path.indexOf('.');
                Checkpoint component =
                    components.computeIfAbsent(
                        path.substring(0, dot), name -> Checkpoint.open(folder.resolve(name)));
                Tensor value = component.tensor(path.substring(dot + 1));
                Checkpointer.requireShape(folder + ", " + path, target, value);
                target.copyInPlace(value);
              });
    } finally {
      components.values().forEach(Checkpoint::close);
    }
  }
}
