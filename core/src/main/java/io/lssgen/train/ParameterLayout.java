package io.lssgen.train;

import io.lssgen.nn.Init;
import io.lssgen.nn.ParameterSource;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Device;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The parameters a model asks for, in the order of asking, each with its place in one flat buffer.
 *
 * @param entries by dotted path
 * @param elements the buffer's length
 */
public record ParameterLayout(Map<String, Entry> entries, long elements) {
  /**
   * One parameter.
   *
   * @param offset its first element in the flat buffer
   */
  public record Entry(Init init, long[] shape, long offset) {
    public Entry {
      shape = shape.clone();
    }

    @Override
    public long[] shape() {
      return shape.clone();
    }

    long elements() {
      return Arrays.stream(shape).reduce(1, Math::multiplyExact);
    }
  }

  public ParameterLayout {
    entries = Map.copyOf(entries);
  }

  /** Builds a model on shapes alone and notes what it asks for. */
  public static ParameterLayout of(Consumer<Parameters> model) {
    Recorder recorder = new Recorder();
    try (TensorScope scope = TensorScope.open()) {
      model.accept(Parameters.of(recorder));
      return new ParameterLayout(recorder.entries, recorder.elements);
    }
  }

  private static final class Recorder implements ParameterSource {
    private final Map<String, Entry> entries = new LinkedHashMap<>();
    private long elements;

    @Override
    public Tensor parameter(String path, Init init, long... shape) {
      Entry entry = new Entry(init, shape, elements);
      if (entries.putIfAbsent(path, entry) == null) {
        elements = Math.addExact(elements, entry.elements());
      }
      return Tensors.empty(Device.META, DType.F32, shape);
    }

    @Override
    public boolean has(String path) {
      return true;
    }
  }
}
