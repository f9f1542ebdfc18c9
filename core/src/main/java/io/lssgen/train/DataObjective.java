package io.lssgen.train;

import io.lssgen.tensor.Rng;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;

/**
 * The data themselves: what noise was added to them. A denoiser that is told a guidance scale is
 * told 1.
 */
record DataObjective(NoiseProcess noise, Telling telling) implements Objective {
  @Override
  public Trainee.Loss loss(DenoiserModel model, Pictures pictures, Rng rng) {
    try (TensorScope scope = TensorScope.open()) {
      NoiseProcess.Noised noised = noise.apply(pictures.clean(), rng);
      Tensor said =
          model.predict(
              noised.latents(),
              noised.times(),
              telling.text(model, pictures, rng),
              Telling.scales(model, pictures));
      return Trainee.Loss.of(scope.keep(noised.loss(said)));
    }
  }

  @Override
  public void close() {}
}
