package io.lssgen.weights;

import io.lssgen.errors.ModelException;
import io.lssgen.nn.Init;
import io.lssgen.nn.ParameterSource;
import io.lssgen.nn.Parameters;
import io.lssgen.nn.Weight;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Device;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** The names and shapes of the parameters a model asks for, found without allocating any. */
public final class ParameterShapes {
  private ParameterShapes() {}

  /**
   * What a model asks for at one path.
   *
   * @param init how to begin where there are no weights
   * @param matrix whether it is only asked for as a {@link Weight}
   */
  public record Asked(Init init, long[] shape, boolean matrix) {
    public Asked {
      shape = shape.clone();
    }

    @Override
    public long[] shape() {
      return shape.clone();
    }
  }

  /** What {@code model} asks for, by dotted path in the order of asking, if all there is exists. */
  public static Map<String, long[]> of(Consumer<Parameters> model) {
    return of(model, path -> true);
  }

  /**
   * What {@code model} asks for, by dotted path in the order of asking.
   *
   * @param model makes the model; what it makes is thrown away
   * @param exists the answer to {@link Parameters#has} for a path
   * @throws ModelException when a path is asked for with two shapes
   */
  public static Map<String, long[]> of(Consumer<Parameters> model, Predicate<String> exists) {
    Map<String, long[]> shapes = new LinkedHashMap<>();
    asked(model, exists).forEach((path, asked) -> shapes.put(path, asked.shape()));
    return Collections.unmodifiableMap(shapes);
  }

  /**
   * As {@link #of(Consumer, Predicate)}, with all that was said.
   *
   * @throws ModelException when a path is asked for with two shapes
   */
  static Map<String, Asked> asked(Consumer<Parameters> model, Predicate<String> exists) {
    Recorder recorder = new Recorder(exists);
    try (TensorScope scope = TensorScope.open()) {
      model.accept(Parameters.of(recorder));
    }
    return Collections.unmodifiableMap(recorder.asked);
  }

  /**
   * As {@link #of(Consumer)}, with how each parameter begins.
   *
   * @throws ModelException when a path is asked for with two shapes
   */
  public static Map<String, Asked> withInits(Consumer<Parameters> model) {
    return asked(model, path -> true);
  }

  private static final class Recorder implements ParameterSource {
    private final Map<String, Asked> asked = new LinkedHashMap<>();
    private final Predicate<String> exists;

    Recorder(Predicate<String> exists) {
      this.exists = exists;
    }

    @Override
    public Tensor parameter(String path, Init init, long... shape) {
      return record(path, new Asked(init, shape, false));
    }

    @Override
    public Weight weight(String path, Init init, long... shape) {
      return new Weight.Plain(record(path, new Asked(init, shape, true)));
    }

    private Tensor record(String path, Asked asks) {
      Asked earlier = asked.putIfAbsent(path, asks);
      if (earlier == null) {
        return Tensors.empty(Device.META, DType.F32, asks.shape);
      }
      if (!Arrays.equals(earlier.shape, asks.shape)) {
        throw new ModelException(
            "the parameter '%s' is asked for as %s and as %s"
                .formatted(path, Names.shape(earlier.shape), Names.shape(asks.shape)));
      }
      asked.put(path, new Asked(earlier.init, earlier.shape, earlier.matrix && asks.matrix));
      return Tensors.empty(Device.META, DType.F32, asks.shape);
    }

    @Override
    public boolean has(String path) {
      return exists.test(path);
    }
  }
}
