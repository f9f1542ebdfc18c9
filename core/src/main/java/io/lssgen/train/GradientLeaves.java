package io.lssgen.train;

import io.lssgen.nn.Init;
import io.lssgen.nn.ParameterSource;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;

/**
 * Parameters that share their values with others and have gradients of their own, in one flat
 * buffer that backward passes add to. One thread at a time may go backward through them.
 */
final class GradientLeaves implements ParameterSource, AutoCloseable {
  private final Tensor gradients;
  private final FlatParameters leaves;

  /**
   * @param values fp32 [layout.elements()], its owner's to close
   */
  GradientLeaves(ParameterLayout layout, Tensor values) {
    gradients = Tensors.zeros(DType.F32, layout.elements()).release();
    leaves = new FlatParameters(layout, values);
    try (TensorScope scope = TensorScope.open();
        FlatParameters slots = new FlatParameters(layout, gradients)) {
      leaves
          .all()
          .forEach((path, leaf) -> leaf.requireGrad(true).accumulateGradInto(slots.at(path)));
    }
  }

  @Override
  public Tensor parameter(String path, Init init, long... shape) {
    return leaves.parameter(path, init, shape);
  }

  @Override
  public boolean has(String path) {
    return leaves.has(path);
  }

  /** All gradients, fp32 [elements]. */
  Tensor gradients() {
    return gradients;
  }

  @Override
  public void close() {
    leaves.close();
    gradients.close();
  }
}
