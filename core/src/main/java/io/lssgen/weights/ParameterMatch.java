package io.lssgen.weights;

import io.lssgen.errors.ModelException;
import io.lssgen.nn.Parameters;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;

/** Whether weights are exactly those that a model asks for. */
final class ParameterMatch {
  private ParameterMatch() {}

  /**
   * What {@code model} asks for.
   *
   * @throws ModelException if no model can be made by its configuration
   */
  static Map<String, ParameterShapes.Asked> wanted(Checkpoint weights, Consumer<Parameters> model) {
    try {
      return ParameterShapes.asked(model, weights::has);
    } catch (ArithmeticException | IllegalArgumentException | NegativeArraySizeException e) {
      throw new ModelException(
          "cannot load %s: no model can have the sizes that its configuration names: %s"
              .formatted(weights.origin(), e.getMessage()),
          e);
    }
  }

  /**
   * Holds names and shapes against each other.
   *
   * @throws ModelException with all that differs
   */
  static void require(Checkpoint weights, Map<String, ParameterShapes.Asked> wanted) {
    Set<String> missing = new TreeSet<>(wanted.keySet());
    missing.removeAll(weights.names());
    Set<String> leftOver = new TreeSet<>(weights.names());
    leftOver.removeAll(wanted.keySet());
    List<String> misshapen = new ArrayList<>();
    wanted.forEach(
        (path, asked) -> {
          long[] shape = asked.shape();
          long[] found = weights.has(path) ? weights.entry(path).shape() : shape;
          if (!Arrays.equals(shape, found)) {
            misshapen.add(
                "%s wants %s, found %s".formatted(path, Names.shape(shape), Names.shape(found)));
          }
        });
    List<String> problems = new ArrayList<>();
    addUnlessEmpty(problems, "missing", missing);
    addUnlessEmpty(problems, "not known to the model", leftOver);
    addUnlessEmpty(problems, "of another shape", misshapen);
    if (!problems.isEmpty()) {
      throw new ModelException(
          "cannot load %s: these weights are not the model's that its configuration describes: %s"
              .formatted(weights.origin(), String.join("; ", problems)));
    }
  }

  private static void addUnlessEmpty(
      List<String> problems, String problem, Collection<String> names) {
    if (!names.isEmpty()) {
      problems.add(problem + " " + Names.some(names));
    }
  }
}
