package io.lssgen.weights;

import static java.util.Objects.requireNonNull;

import io.lssgen.errors.ModelException;
import io.lssgen.nn.Init;
import io.lssgen.nn.ParameterSource;
import io.lssgen.nn.Parameters;
import io.lssgen.nn.Weight;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;

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
   *     <p>Quantised matrices stay in their blocks, whatever the type, and are made into numbers
   *     whenever they are used; what else is quantised becomes of that type, or fp32.
   */
  public record Kept(Optional<DType> type, boolean mapped) {
    /** All of one type, mapped where they have it already. */
    public static Kept as(DType type) {
      return new Kept(Optional.of(type), true);
    }
  }

  private final Originals originals;
  private final Map<String, Tensor> tensors;
  private final Map<String, BlockWeight> inBlocks = new HashMap<>();
  private boolean evicted;

  private ParameterTree(Originals originals, Map<String, Tensor> tensors) {
    this.originals = originals;
    this.tensors = Collections.unmodifiableMap(tensors);
    Checkpoint weights = originals.weights;
    originals.inBlocks.forEach(
        path -> {
          TensorInfo info = weights.entry(path);
          Tensor blocks = requireNonNull(tensors.get(path));
          BlockFormat format = BlockFormat.of(info.dtype()).orElseThrow();
          inBlocks.put(path, new BlockWeight(blocks, format, info.shape(), weights.scale(path)));
        });
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
    Map<String, ParameterShapes.Asked> wanted = ParameterMatch.wanted(ours, model);
    ParameterMatch.require(ours, wanted);
    Originals originals = new Originals(ours, kept, inBlocks(ours, wanted));
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    try {
      wanted.keySet().forEach(path -> tensors.put(path, originals.stored(path).release()));
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

  /** Those parameters that are quantised, and wanted as matrices alone. */
  private static Set<String> inBlocks(
      Checkpoint weights, Map<String, ParameterShapes.Asked> wanted) {
    return wanted.keySet().stream()
        .filter(path -> requireNonNull(wanted.get(path)).matrix() && weights.hasBlocks(path))
        .collect(Collectors.toSet());
  }

  /**
   * All parameters by path, quantised ones as their blocks; they stay this object's to close.
   * Unmodifiable.
   */
  public Map<String, Tensor> tensors() {
    return tensors;
  }

  /** The shapes of all parameters by path. */
  public Map<String, long[]> shapes() {
    Map<String, long[]> shapes = new LinkedHashMap<>();
    tensors.keySet().forEach(path -> shapes.put(path, shape(path)));
    return shapes;
  }

  private long[] shape(String path) {
    BlockWeight matrix = inBlocks.get(path);
    return matrix != null ? matrix.shape() : tensor(path).shape();
  }

  private Tensor tensor(String path) {
    Tensor found = tensors.get(path);
    if (found == null) {
      throw new ModelException(
          "wanted a parameter %s of %s, found %s"
              .formatted(Names.quoted(path), origin(), Names.some(tensors.keySet())));
    }
    return found;
  }

  /**
   * Gives a parameter other values, of its shape, until {@link #reset}. A quantised one is held in
   * the type that others are converted to meanwhile, beside its blocks.
   */
  public void write(String path, Tensor values) {
    BlockWeight matrix = inBlocks.get(path);
    if (matrix == null) {
      tensor(path).copyInPlace(values);
      return;
    }
    try (TensorScope scope = TensorScope.open()) {
      Tensor typed = values.to(originals.kept.type.orElse(DType.F32));
      matrix.change(typed == values ? values.copy() : typed);
    }
  }

  /**
   * Gives a parameter the values again that it was loaded with.
   *
   * @throws ModelException when the file was changed since
   */
  public void reset(String path) {
    BlockWeight matrix = inBlocks.get(path);
    if (matrix != null) {
      matrix.reset();
      return;
    }
    try (TensorScope scope = TensorScope.open()) {
      tensor(path).copyInPlace(originals.read(path));
    }
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
    inBlocks.values().forEach(BlockWeight::reset);
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
      tensors.keySet().forEach(path -> read.put(path, originals.stored(path)));
      read.forEach((path, tensor) -> requireNonNull(tensors.get(path)).become(tensor));
    }
    evicted = false;
    return true;
  }

  /** The values that a tree was loaded with, in its files. */
  public static final class Originals implements AutoCloseable {
    private final Checkpoint weights;
    private final Kept kept;
    private final Set<String> inBlocks;

    private Originals(Checkpoint weights, Kept kept, Set<String> inBlocks) {
      this.weights = weights;
      this.kept = kept;
      this.inBlocks = Set.copyOf(inBlocks);
    }

    /** A parameter as it is held: its blocks, if it is held in these. */
    private Tensor stored(String path) {
      if (!inBlocks.contains(path)) {
        return read(path);
      }
      try (TensorScope scope = TensorScope.open()) {
        Tensor blocks = weights.blocks(path);
        return scope.keep(kept.mapped ? blocks : blocks.copy());
      }
    }

    /**
     * A parameter as it was loaded, to the bit; of one in blocks the numbers, fp32. It belongs to
     * the open {@link TensorScope} and may share the memory of a map of its file.
     *
     * @throws ModelException when the file was changed since
     */
    public Tensor read(String path) {
      try (TensorScope scope = TensorScope.open()) {
        Tensor stored = weights.tensor(path);
        if (inBlocks.contains(path)) {
          return scope.keep(stored);
        }
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
    requireShape(path, shape);
    if (inBlocks.containsKey(path)) {
      throw new ModelException(
          "the parameter %s of %s is quantised; wanted numbers here, as bf16: convert the model first"
              .formatted(Names.quoted(path), origin()));
    }
    return tensor(path);
  }

  @Override
  public Weight weight(String path, Init init, long... shape) {
    requireShape(path, shape);
    BlockWeight matrix = inBlocks.get(path);
    return matrix != null ? matrix : new Weight.Plain(tensor(path));
  }

  private void requireShape(String path, long[] wanted) {
    long[] found = shape(path);
    if (!Arrays.equals(found, wanted)) {
      throw new ModelException(
          "the parameter %s of %s wants shape %s, found %s"
              .formatted(Names.quoted(path), origin(), Names.shape(wanted), Names.shape(found)));
    }
  }

  @Override
  public boolean has(String path) {
    return tensors.containsKey(path);
  }

  /** Frees the parameters. A model that was made from them can no longer be used. */
  @Override
  public void close() {
    inBlocks.values().forEach(BlockWeight::reset);
    tensors.values().forEach(Tensor::close);
  }
}
