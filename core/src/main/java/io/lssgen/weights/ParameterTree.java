package io.lssgen.weights;

import static java.util.Objects.requireNonNull;

import io.lssgen.errors.ModelException;
import io.lssgen.nn.Init;
import io.lssgen.nn.ParameterSource;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
  /**
   * How weights are kept in memory.
   *
   * @param type what floating-point weights become; others (integers) keep their type, and empty:
   *     all do
   * @param mapped whether weights of that type already stay in their file's memory map; else they
   *     are copied
   */
  public record Kept(Optional<DType> type, boolean mapped) {
    /** All of one type, mapped where they have it already. */
    public static Kept as(DType type) {
      return new Kept(Optional.of(type), true);
    }
  }

  private final Originals originals;
  private final Map<String, Tensor> tensors;
  private boolean evicted;

  private ParameterTree(Originals originals, Map<String, Tensor> tensors) {
    this.originals = originals;
    this.tensors = Collections.unmodifiableMap(tensors);
  }

  /**
   * Loads what {@code model} asks for.
   *
   * @param weights may be closed afterwards
   * @param names translates the weights' names into the model's
   * @param kept how they are kept
   * @param model makes the model; called once with empty parameters, to learn what it asks for
   * @throws ModelException when weights and model do not agree in every name and shape, or a type
   *     cannot be read
   */
  public static ParameterTree load(
      Checkpoint weights, KeyMap names, Kept kept, Consumer<Parameters> model) {
    Checkpoint ours = weights.renamed(names);
    Map<String, long[]> wanted = wanted(ours, model);
    requireSame(ours, wanted);
    Originals originals = new Originals(ours, kept);
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    try {
      wanted.keySet().forEach(path -> tensors.put(path, originals.read(path).release()));
      return new ParameterTree(originals, tensors);
    } catch (RuntimeException e) {
      tensors.values().forEach(Tensor::close);
      throw e;
    }
  }

  /** As {@link #load(Checkpoint, KeyMap, Kept, Consumer)}, mapped. */
  public static ParameterTree load(
      Checkpoint weights, KeyMap names, DType type, Consumer<Parameters> model) {
    return load(weights, names, Kept.as(type), model);
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

  private Path origin() {
    return originals.weights.origin();
  }

  /**
   * Reads parameters again as they were loaded, whatever was written into them since: a second copy
   * of them need not be kept. Closed by the caller.
   */
  public Originals originals() {
    originals.close(); // a map that parameters share may have been written to
    return originals;
  }

  /**
   * Frees the values and keeps the parameters: a model that was made from them rests until {@link
   * #restore()}. Twice is harmless.
   */
  public void evict() {
    if (evicted) {
      return;
    }
    evicted = true;
    try (TensorScope scope = TensorScope.open()) {
      tensors.values().forEach(tensor -> tensor.become(Tensors.empty(tensor.dtype(), 0)));
    }
    originals.close();
  }

  /**
   * Reads evicted values again, as they were loaded.
   *
   * @return whether they had been evicted; what was written into them before that is lost
   * @throws ModelException when the file was changed since; the parameters stay evicted
   */
  public boolean restore() {
    if (!evicted) {
      return false;
    }
    try (TensorScope scope = TensorScope.open()) {
      Map<String, Tensor> read = new LinkedHashMap<>();
      tensors.keySet().forEach(path -> read.put(path, originals.read(path)));
      read.forEach((path, tensor) -> requireNonNull(tensors.get(path)).become(tensor));
    }
    evicted = false;
    return true;
  }

  /** The values that a tree was loaded with, in its files. */
  public static final class Originals implements AutoCloseable {
    private final Checkpoint weights;
    private final Kept kept;

    private Originals(Checkpoint weights, Kept kept) {
      this.weights = weights;
      this.kept = kept;
    }

    /**
     * A parameter as it was loaded, to the bit. It belongs to the open {@link TensorScope} and may
     * share the memory of a map of its file.
     *
     * @throws ModelException when the file was changed since
     */
    public Tensor read(String path) {
      try (TensorScope scope = TensorScope.open()) {
        Tensor stored = weights.tensor(path);
        DType own = stored.dtype();
        Tensor typed = own.isFloating() ? stored.to(kept.type.orElse(own)) : stored;
        boolean inFile = typed.dtype() == own; // a conversion has copied it already
        return scope.keep(inFile && !kept.mapped ? typed.copy() : typed);
      }
    }

    /** Gives up the files' memory maps. */
    @Override
    public void close() {
      weights.close();
    }
  }

  @Override
  public Tensor parameter(String path, Init init, long... shape) {
    Tensor found = tensors.get(path);
    if (found == null) {
      throw new ModelException(
          "wanted a parameter %s of %s, found %s"
              .formatted(Names.quoted(path), origin(), Names.some(tensors.keySet())));
    }
    if (!Arrays.equals(found.shape(), shape)) {
      throw new ModelException(
          "the parameter %s of %s wants shape %s, found %s"
              .formatted(
                  Names.quoted(path), origin(), Names.shape(shape), Names.shape(found.shape())));
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
