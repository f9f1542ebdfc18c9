package io.lssgen.weights;

import io.lssgen.errors.ModelException;
import io.lssgen.nn.Init;
import io.lssgen.nn.ParameterSource;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * The parameters of one loaded model by dotted path, and their owner: closing it frees them.
 * Loading is strict both ways, before any value is read: a parameter that the weights lack, one
 * that the model does not know and one of another shape are all reported, in one message.
 *
 * <pre>{@code
 * Consumer<Parameters> model = parameters -> new Decoder(config, parameters);
 * try (Checkpoint weights = Checkpoint.open(folder)) {
 *   ParameterTree tree = ParameterTree.load(weights, KeyMap.identity(), DType.BF16, model);
 *   return new Decoder(config, Parameters.of(tree));
 * }
 * }</pre>
 */
public final class ParameterTree implements ParameterSource, AutoCloseable {
  private final Path origin;
  private final Map<String, Tensor> tensors;

  private ParameterTree(Path origin, Map<String, Tensor> tensors) {
    this.origin = origin;
    this.tensors = Collections.unmodifiableMap(tensors);
  }

  /**
   * Loads what {@code model} asks for.
   *
   * @param weights may be closed afterwards
   * @param names translates the weights' names into the model's
   * @param type what floating-point weights become; weights of that type already stay in their
   *     file's memory map. Other weights (integers) keep their type
   * @param model makes the model; called once with empty parameters, to learn what it asks for
   * @throws ModelException when weights and model do not agree in every name and shape, or a type
   *     cannot be read
   */
  public static ParameterTree load(
      Checkpoint weights, KeyMap names, DType type, Consumer<Parameters> model) {
    Checkpoint ours = weights.renamed(names);
    Map<String, long[]> wanted = wanted(ours, model);
    requireSame(ours, wanted);
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    try {
      wanted.keySet().forEach(path -> tensors.put(path, read(ours, path, type)));
      return new ParameterTree(ours.origin(), tensors);
    } catch (RuntimeException e) {
      tensors.values().forEach(Tensor::close);
      throw e;
    }
  }

  private static Map<String, long[]> wanted(Checkpoint weights, Consumer<Parameters> model) {
    try {
      return ParameterShapes.of(model, weights::has);
    } catch (ArithmeticException | IllegalArgumentException | NegativeArraySizeException e) {
      throw new ModelException(
          "cannot load %s: no model can have the sizes that its configuration names: %s"
              .formatted(weights.origin(), e.getMessage()),
          e);
    }
  }

  private static Tensor read(Checkpoint weights, String path, DType type) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor stored = weights.tensor(path);
      Tensor tensor = stored.dtype().isFloating() ? stored.to(type) : stored;
      return scope.keep(tensor).release();
    }
  }

  private static void requireSame(Checkpoint weights, Map<String, long[]> wanted) {
    Set<String> missing = new TreeSet<>(wanted.keySet());
    missing.removeAll(weights.names());
    Set<String> leftOver = new TreeSet<>(weights.names());
    leftOver.removeAll(wanted.keySet());
    List<String> misshapen = new ArrayList<>();
    wanted.forEach(
        (path, shape) -> {
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

  /** All parameters by path; they stay this object's to close. Unmodifiable. */
  public Map<String, Tensor> tensors() {
    return tensors;
  }

  @Override
  public Tensor parameter(String path, Init init, long... shape) {
    Tensor found = tensors.get(path);
    if (found == null) {
      throw new ModelException(
          "wanted a parameter %s of %s, found %s"
              .formatted(Names.quoted(path), origin, Names.some(tensors.keySet())));
    }
    if (!Arrays.equals(found.shape(), shape)) {
      throw new ModelException(
          "the parameter %s of %s wants shape %s, found %s"
              .formatted(
                  Names.quoted(path), origin, Names.shape(shape), Names.shape(found.shape())));
    }
    return found;
  }

  @Override
  public boolean has(String path) {
    return tensors.containsKey(path);
  }

  /** Frees the parameters. A model that was made from them can no longer be used. */
  @Override
  public void close() {
    tensors.values().forEach(Tensor::close);
  }
}
