package io.lssgen.train;

import io.lssgen.tensor.DType;
import io.lssgen.tensor.Rng;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import org.jspecify.annotations.Nullable;

/**
 * The data themselves: what noise was added to them. A denoiser that is told a guidance scale is
 * told 1.
 */
record DataObjective(NoiseProcess noise) implements Objective {
  @Override
  public Trainee.Loss loss(DenoiserModel model, Pictures pictures, Rng rng) {
    try (TensorScope scope = TensorScope.open()) {
      NoiseProcess.Noised noised = noise.apply(pictures.clean(), rng);
      Tensor said =
          model.predict(
              noised.latents(),
              noised.times(),
              model.encode(pictures.captions()),
              scales(model, pictures));
      return Trainee.Loss.of(scope.keep(noised.loss(said)));
    }
  }

  /** What the denoiser is told where the data are its teacher; null if it takes none. */
  static @Nullable Tensor scales(DenoiserModel model, Pictures pictures) {
    return model.takesGuidance() ? Tensors.ones(DType.F32, pictures.size()) : null;
  }

  @Override
  public void close() {}
}
