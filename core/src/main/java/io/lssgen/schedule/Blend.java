package io.lssgen.schedule;

import io.lssgen.tensor.DType;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;

/** A weighted sum of latents and what the denoiser said of them, or of noise. */
record Blend(double latents, double prediction) {
  /** fp32, of the arguments' shape; the prediction may have any floating type. */
  Tensor of(Tensor own, Tensor predicted) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor said = predicted.to(DType.F32).mul(prediction);
      return scope.keep(latents == 0 ? said : own.mul(latents).add(said));
    }
  }
}
