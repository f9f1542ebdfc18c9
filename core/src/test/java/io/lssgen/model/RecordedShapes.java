package io.lssgen.model;

import io.lssgen.nn.Init;
import io.lssgen.nn.ParameterSource;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.Tensors;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Notes the names and shapes that a model's constructor asks for, and allocates one element each.
 */
public final class RecordedShapes implements ParameterSource {
  private final Map<String, String> shapes = new TreeMap<>();

  @Override
  public Tensor parameter(String path, Init init, long... shape) {
    String sides = Arrays.stream(shape).mapToObj(Long::toString).collect(Collectors.joining(","));
    if (shapes.put(path, sides) != null) {
      throw new AssertionError(path + " is asked for twice");
    }
    long[] ones = new long[shape.length];
    Arrays.fill(ones, 1);
    return Tensors.zeros(DType.F32, ones).expand(shape);
  }

  @Override
  public boolean has(String path) {
    return true;
  }

  /** Names to sides joined by commas. */
  public Map<String, String> shapes() {
    return shapes;
  }
}
