package io.lssgen.train;

import io.lssgen.errors.ModelException;
import io.lssgen.nn.Init;
import io.lssgen.nn.ParameterSource;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/** Parameters as views of one flat buffer, which stays its owner's to close. */
public final class FlatParameters implements ParameterSource, AutoCloseable {
  private final Map<String, Tensor> views = new TreeMap<>();

  /**
   * @param flat fp32 [layout.elements()]
   */
  public FlatParameters(ParameterLayout layout, Tensor flat) {
    layout.entries().forEach((path, entry) -> views.put(path, view(flat, entry)));
  }

  /** The part of {@code flat} that belongs to {@code entry}, in its shape; the caller closes it. */
  static Tensor view(Tensor flat, ParameterLayout.Entry entry) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor part = flat.narrow(0, entry.offset(), entry.elements());
      return scope.keep(part.reshape(entry.shape())).release();
    }
  }

  @Override
  public Tensor parameter(String path, Init init, long... shape) {
    Tensor found = at(path);
    if (!Arrays.equals(found.shape(), shape)) {
      throw new ModelException(
          "parameter '"
              + path
              + "': wanted shape "
              + Arrays.toString(shape)
              + ", found "
              + Arrays.toString(found.shape()));
    }
    return found;
  }

  @Override
  public boolean has(String path) {
    return views.containsKey(path);
  }

  /** The parameter at {@code path}, whatever its shape. */
  public Tensor at(String path) {
    Tensor found = views.get(path);
    if (found == null) {
      throw new ModelException("parameter '" + path + "' is not among those that are trained");
    }
    return found;
  }

  /** All parameters by path, sorted; views that die with this object. */
  public Map<String, Tensor> all() {
    return views;
  }

  @Override
  public void close() {
    views.values().forEach(Tensor::close);
  }
}
