package io.lssgen.train;

import io.lssgen.nn.Init;
import io.lssgen.nn.Parameters;
import io.lssgen.weights.ParameterShapes;
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

  /**
   * Builds a model on shapes alone and notes what it asks for.
   *
   * @throws io.lssgen.errors.ModelException when it asks for a parameter with two shapes
   */
  public static ParameterLayout of(Consumer<Parameters> model) {
    Map<String, Entry> entries = new LinkedHashMap<>();
    long elements = 0;
    for (Map.Entry<String, ParameterShapes.Asked> each :
        ParameterShapes.withInits(model).entrySet()) {
      Entry entry = new Entry(each.getValue().init(), each.getValue().shape(), elements);
      entries.put(each.getKey(), entry);
      elements = Math.addExact(elements, entry.elements());
    }
    return new ParameterLayout(entries, elements);
  }
}
