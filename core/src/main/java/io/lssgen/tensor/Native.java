package io.lssgen.tensor;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.jspecify.annotations.Nullable;

/** The way into libtorch: translates its errors and closes the temporaries a call needs. */
final class Native {
  private Native() {}

  static Tensor call(
      String operation, Supplier<org.bytedeco.pytorch.Tensor> body, Tensor... operands) {
    return value(operation, () -> new Tensor(body.get()), operands);
  }

  /** Several tensors; the vector that they come in is closed. */
  static List<Tensor> calls(String operation, Supplier<TensorVector> body, Tensor... operands) {
    return value(operation, () -> unpack(body.get()), operands);
  }

  static void run(String operation, Runnable body, Tensor... operands) {
    value(
        operation,
        () -> {
          body.run();
          return true;
        },
        operands);
  }

  static <T> T value(String operation, Supplier<T> body, Tensor... operands) {
    try {
      return body.get();
    } catch (TorchException e) {
      throw e;
    } catch (RuntimeException e) {
      throw translate(operation, e, operands);
    }
  }

  static Tensor withScalar(
      String operation,
      double value,
      Function<Scalar, org.bytedeco.pytorch.Tensor> body,
      Tensor... operands) {
    try (Scalar scalar = new Scalar(value)) {
      return call(operation, () -> body.apply(scalar), operands);
    }
  }

  static TensorOptional optional(@Nullable Tensor tensor) {
    return tensor == null ? new TensorOptional() : new TensorOptional(tensor.raw());
  }

  static TensorVector vector(List<Tensor> tensors) {
    TensorVector vector = new TensorVector(tensors.size());
    for (int i = 0; i < tensors.size(); i++) {
      vector.put(i, tensors.get(i).raw());
    }
    return vector;
  }

  /** Owned copies of the handles in {@code vector}, which is closed. */
  private static List<Tensor> unpack(TensorVector vector) {
    try (vector) {
      List<Tensor> tensors = new ArrayList<>();
      for (long i = 0; i < vector.size(); i++) {
        tensors.add(new Tensor(new org.bytedeco.pytorch.Tensor(vector.get(i))));
      }
      return tensors;
    }
  }

  // A Java-side failure (a closed tensor) keeps its type: it is the caller's mistake.
  private static RuntimeException translate(
      String operation, RuntimeException e, Tensor... operands) {
    return e.getClass() == RuntimeException.class ? TorchException.of(operation, e, operands) : e;
  }
}
