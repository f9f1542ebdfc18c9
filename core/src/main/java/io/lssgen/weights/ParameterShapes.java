package io.lssgen.weights;

import io.lssgen.errors.ModelException;
import io.lssgen.nn.Init;
import io.lssgen.nn.ParameterSource;
import io.lssgen.nn.Parameters;
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
    Recorder recorder = new Recorder(exists);
    try (TensorScope scope = TensorScope.open()) {
      model.accept(Parameters.of(recorder));
    }
    return Collections.unmodifiableMap(recorder.shapes);
  }

  private static final class Recorder implements ParameterSource {
    private final Map<String, long[]> shapes = new LinkedHashMap<>();
    private final Predicate<String> exists;

    Recorder(Predicate<String> exists) {
      this.exists = exists;
    }

    @Override
    public Tensor parameter(String path, Init init, long... shape) {
      long[] earlier = shapes.putIfAbsent(path, shape.clone());
      if (earlier != null && !Arrays.equals(earlier, shape)) {
        throw new ModelException(
            "the parameter '%s' is asked for as %s and as %s"
                .formatted(path, Names.shape(earlier), Names.shape(shape)));
      }
      return Tensors.empty(Device.META, DType.F32, shape);
    }

    @Override
    public boolean has(String path) {
      return exists.test(path);
    }
  }
}
