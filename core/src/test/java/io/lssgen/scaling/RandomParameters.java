package io.lssgen.scaling;

import io.lssgen.nn.Init;
import io.lssgen.nn.ParameterSource;
import io.lssgen.tensor.Rng;
import io.lssgen.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/** Small random parameters of any shape that want gradients; they live in the open scope. */
final class RandomParameters implements ParameterSource {
  private final Rng rng;
  private final Map<String, Tensor> tensors = new LinkedHashMap<>();

  RandomParameters(Rng rng) {
    this.rng = rng;
  }

  @Override
  public Tensor parameter(String path, Init init, long... shape) {
    Tensor tensor = rng.randn(shape).mul(0.1).detach().requireGrad(true);
    if (tensors.put(path, tensor) != null) {
      throw new AssertionError(path + " is asked for twice");
    }
    return tensor;
  }

  @Override
  public boolean has(String path) {
    return true;
  }

  Map<String, Tensor> tensors() {
    return tensors;
  }
}
