package io.lssgen.train;

import io.lssgen.tensor.Functional;
import io.lssgen.tensor.Rng;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import java.util.Map;

/**
 * The data themselves, as {@link DataObjective}, and with them what is where: half-way through the
 * denoiser, a linear reader of its tokens must tell the thing that each lies on, by cross entropy.
 * The tokens' states are aligned with what is known of the pictures, as REPA (arXiv 2410.06940)
 * aligns them with another network's, so that which words belong where is learnt from the first
 * steps on, not from the last differences of squared errors. The reader is not exported.
 *
 * @param weight of the cross entropy beside the squared error
 */
record ThingsObjective(NoiseProcess noise, Telling telling, double weight) implements Objective {
  @Override
  public Trainee.Loss loss(DenoiserModel model, Pictures pictures, Rng rng) {
    try (TensorScope scope = TensorScope.open()) {
      NoiseProcess.Noised noised = noise.apply(pictures.clean(), rng);
      DenoiserModel.Read read =
          model.read(
              noised.latents(),
              noised.times(),
              telling.text(model, pictures, rng),
              Telling.scales(model, pictures));
      Tensor error = noised.loss(read.predicted());
      long[] numbers = pictures.things();
      Tensor things = Functional.crossEntropy(read.things(), Tensors.of(numbers, numbers.length));
      return new Trainee.Loss(
          scope.keep(error.add(things.mul(weight))),
          Map.of("error", error.item(), "things", things.item()));
    }
  }

  @Override
  public boolean wantsThings() {
    return true;
  }

  @Override
  public void close() {}
}
