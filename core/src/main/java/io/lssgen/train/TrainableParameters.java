package io.lssgen.train;

import io.lssgen.nn.Init;
import io.lssgen.nn.ParameterSource;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Rng;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
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
  private final Tensor decayed;
  private final GradientLeaves leaves;

  /** Zeros for every parameter that {@code model} asks for. */
  public TrainableParameters(Consumer<Parameters> model) {
    layout = ParameterLayout.of(model);
    values = Tensors.zeros(DType.F32, layout.elements()).release();
    decayed = Tensors.zeros(DType.F32, layout.elements()).release();
    leaves = new GradientLeaves(layout, values);
    try (TensorScope scope = TensorScope.open();
        FlatParameters decays = new FlatParameters(layout, decayed)) {
      decays.all().values().stream()
          .filter(part -> part.dimensions() > 1)
          .forEach(part -> part.addInPlace(1));
    }
  }

  /** Parameters of {@code model}, filled as each layer's {@link Init} says. */
  public static TrainableParameters fresh(Consumer<Parameters> model, Rng rng) {
    TrainableParameters parameters = new TrainableParameters(model);
    try (TensorScope scope = TensorScope.open();
        FlatParameters targets = new FlatParameters(parameters.layout, parameters.values)) {
      // Sorted, so that the values depend on names and seed, not on the order of construction.
      new TreeMap<>(parameters.layout.entries())
          .forEach((path, entry) -> targets.at(path).copyInPlace(draw(entry, rng)));
    }
    return parameters;
  }

  private static Tensor draw(ParameterLayout.Entry entry, Rng rng) {
    long[] shape = entry.shape();
    double value = entry.init().value();
    return switch (entry.init().kind()) {
      case UNIFORM -> rng.rand(shape).mul(2 * value).add(-value);
      case NORMAL -> rng.randn(shape).mul(value);
      case CONSTANT -> Tensors.full(value, DType.F32, shape);
      case DIRECTIONS -> directions(value, Math.toIntExact(shape[0]), Math.toIntExact(shape[1]));
    };
  }

  /** See {@link Init#directions}: buckets of the first half are of distances before a token. */
  private static Tensor directions(double amount, int buckets, int heads) {
    float[] table = new float[buckets * heads];
    int half = buckets / 2;
    for (int bucket = 0; bucket < buckets; bucket++) {
      int distance = bucket % half;
      int way = bucket >= half ? 0 : 1;
      for (int head = 0; head < heads; head++) {
        boolean reached = head % 4 >= 2 || distance <= Init.NEAR;
        if (distance > 0 && head % 2 == way && reached) {
          table[bucket * heads + head] = (float) amount;
        }
      }
    }
    return Tensors.of(table, buckets, heads);
  }

  @Override
  public Tensor parameter(String path, Init init, long... shape) {
    return leaves.parameter(path, init, shape);
  }

  @Override
  public boolean has(String path) {
    return leaves.has(path);
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
    return leaves.gradients();
  }

  /** 1 where weight decay applies (matrices and kernels), 0 at biases and norms; [elements]. */
  public Tensor decayed() {
    return decayed;
  }

  @Override
  public void close() {
    leaves.close();
    values.close();
    decayed.close();
  }
}
