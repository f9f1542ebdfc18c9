package io.lssgen.train;

import io.lssgen.errors.ModelException;
import io.lssgen.nn.Init;
import io.lssgen.nn.ParameterSource;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Rng;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Parameters that are being trained: fp32 master weights in one flat buffer, their gradients in
 * another, each parameter a view of both. An optimizer step, a norm, an average or a checkpoint is
 * then a handful of operations on whole buffers, however many parameters there are.
 */
public final class TrainableParameters implements ParameterSource, AutoCloseable {
  private final ParameterLayout layout;
  private final Tensor values;
  private final Tensor gradients;
  private final Tensor decayed;
  private final Map<String, Tensor> leaves = new LinkedHashMap<>();

  private TrainableParameters(ParameterLayout layout) {
    this.layout = layout;
    values = Tensors.zeros(DType.F32, layout.elements()).release();
    gradients = Tensors.zeros(DType.F32, layout.elements()).release();
    decayed = Tensors.zeros(DType.F32, layout.elements()).release();
    // Sorted, so that a fresh model's values depend on names alone.
    new TreeMap<>(layout.entries()).forEach(this::addLeaf);
  }

  private void addLeaf(String path, ParameterLayout.Entry entry) {
    try (TensorScope scope = TensorScope.open()) {
      long[] shape = entry.shape();
      Tensor leaf = view(values, entry).detach().requireGrad(true);
      leaf.accumulateGradInto(view(gradients, entry));
      leaves.put(path, scope.keep(leaf).release());
      if (shape.length > 1) {
        view(decayed, entry).copyInPlace(Tensors.ones(DType.F32, shape));
      }
    }
  }

  /** Parameters of {@code model}, filled as each layer's {@link Init} says. */
  public static TrainableParameters fresh(Consumer<Parameters> model, Rng rng) {
    TrainableParameters parameters = new TrainableParameters(ParameterLayout.of(model));
    try (TensorScope scope = TensorScope.open()) {
      new TreeMap<>(parameters.layout.entries())
          .forEach((path, entry) -> parameters.fill(entry, rng));
    }
    return parameters;
  }

  private void fill(ParameterLayout.Entry entry, Rng rng) {
    long[] shape = entry.shape();
    double value = entry.init().value();
    Tensor fresh =
        switch (entry.init().kind()) {
          case UNIFORM -> rng.rand(shape).mul(2 * value).add(-value);
          case NORMAL -> rng.randn(shape).mul(value);
          case CONSTANT -> Tensors.full(value, DType.F32, shape);
        };
    view(values, entry).copyInPlace(fresh);
  }

  /** The part of a flat buffer of this layout that belongs to {@code entry}, in its shape. */
  static Tensor view(Tensor flat, ParameterLayout.Entry entry) {
    return flat.narrow(0, entry.offset(), entry.elements()).reshape(entry.shape());
  }

  @Override
  public Tensor parameter(String path, Init init, long... shape) {
    Tensor leaf = leaves.get(path);
    if (leaf == null) {
      throw new ModelException("no parameter '" + path + "' is being trained");
    }
    if (!Arrays.equals(leaf.shape(), shape)) {
      throw new ModelException(
          "parameter '"
              + path
              + "': wanted shape "
              + Arrays.toString(shape)
              + ", found "
              + Arrays.toString(leaf.shape()));
    }
    return leaf;
  }

  @Override
  public boolean has(String path) {
    return leaves.containsKey(path);
  }

  /** Where each parameter lies in the flat buffers. */
  public ParameterLayout layout() {
    return layout;
  }

  /** All master weights, fp32 [elements]. */
  public Tensor values() {
    return values;
  }

  /** All gradients, fp32 [elements]. */
  public Tensor gradients() {
    return gradients;
  }

  /** 1 where weight decay applies (matrices and kernels), 0 at biases and norms; [elements]. */
  public Tensor decayed() {
    return decayed;
  }

  @Override
  public void close() {
    leaves.values().forEach(Tensor::close);
    values.close();
    gradients.close();
    decayed.close();
  }
}
