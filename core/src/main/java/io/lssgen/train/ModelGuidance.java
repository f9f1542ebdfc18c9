package io.lssgen.train;

import io.lssgen.model.Conditioning;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Rng;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import java.util.List;

/**
 * Guidance that a denoiser learns from the data and itself (model guidance, arXiv 2502.12154): no
 * teacher, no second training. The first half of each batch are the data themselves, told a scale
 * of 1, as {@link DataObjective}; the others are told random scales w, and what they are to say is
 * moved by (w − 1) times what the caption makes of a difference, as the denoiser itself says at
 * scale 1. In the mean that is what classifier-free guidance of scale w says.
 */
record ModelGuidance(NoiseProcess noise, Telling telling, ScaleRange range) implements Objective {
  /** How many pictures a batch needs, so that both halves have some. */
  static final int LEAST_BATCH = 2;

  @Override
  public Trainee.Loss loss(DenoiserModel model, Pictures pictures, Rng rng) {
    try (TensorScope scope = TensorScope.open()) {
      NoiseProcess.Noised noised = noise.apply(pictures.clean(), rng);
      int plain = pictures.size() / 2;
      int guided = pictures.size() - plain;
      Tensor scales = range.draw(guided, rng); // [guided]
      Tensor target = noised.target();
      Tensor moved =
          target
              .narrow(0, plain, guided)
              .add(
                  difference(model, noised, pictures, plain)
                      .mul(scales.add(-1).reshape(guided, 1, 1, 1)));
      Tensor said =
          model.predict(
              noised.latents(),
              noised.times(),
              telling.text(model, pictures, rng),
              Tensors.cat(List.of(Tensors.ones(DType.F32, plain), scales), 0));
      return Trainee.Loss.of(
          scope.keep(
              noised
                  .against(Tensors.cat(List.of(target.narrow(0, 0, plain), moved), 0))
                  .loss(said)));
    }
  }

  /** What captions make of a difference at scale 1, without gradients, from {@code first} on. */
  private static Tensor difference(
      DenoiserModel model, NoiseProcess.Noised noised, Pictures pictures, int first) {
    try (TensorScope scope = TensorScope.open()) {
      List<String> captions = pictures.captions().subList(first, pictures.size());
      Conditioning text = GuidedTeacher.encode(model, captions);
      Tensor latents = noised.latents().narrow(0, first, captions.size());
      Tensor times = noised.times().narrow(0, first, captions.size());
      GuidedTeacher.Both both = GuidedTeacher.both(model, latents, times, text);
      return scope.keep(both.difference());
    }
  }

  @Override
  public void close() {}
}
