package io.lssgen.model.vae;

import io.lssgen.tensor.GradMode;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;

/**
 * Passes the pictures of a batch one by one, since the memory that a whole batch wants at full
 * resolution is what limits its size. Records no gradients.
 */
final class OneByOne {
  private OneByOne() {}

  /** What is done with one picture [1, …]. */
  interface Pass {
    Tensor apply(Tensor one, long index);
  }

  /** The results, joined along the first dimension. */
  static Tensor each(Tensor batch, Pass pass) {
    try (GradMode off = GradMode.disabled();
        TensorScope scope = TensorScope.open()) {
      List<Tensor> parts = new ArrayList<>();
      for (long i = 0; i < batch.size(0); i++) {
        try (TensorScope one = TensorScope.open()) {
          parts.add(one.keep(pass.apply(batch.narrow(0, i, 1), i)));
        }
      }
      return scope.keep(parts.size() == 1 ? parts.get(0) : Tensors.cat(parts, 0));
    }
  }
}
