package io.lssgen.train;

import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;

/** The straight path of rectified flow between data (σ = 0) and noise (σ = 1). */
final class Flow {
  private Flow() {}

  /** (1 − σ)·clean + σ·noise; sigmas broadcast against both. */
  static Tensor mix(Tensor clean, Tensor noise, Tensor sigmas) {
    try (TensorScope scope = TensorScope.open()) {
      return scope.keep(clean.add(noise.sub(clean).mul(sigmas)));
    }
  }
}
