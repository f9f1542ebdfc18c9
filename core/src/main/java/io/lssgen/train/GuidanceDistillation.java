package io.lssgen.train;

import io.lssgen.tensor.Rng;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;

/**
 * Guidance distillation (arXiv 2210.03142, section 3.1): a frozen teacher under classifier-free
 * guidance of a random scale, which the student is told through its guidance embedding. One pass of
 * the student then does what two of the teacher did.
 */
record GuidanceDistillation(NoiseProcess noise, GuidedTeacher teacher, ScaleRange range)
    implements Objective {
  @Override
  public Trainee.Loss loss(DenoiserModel student, Pictures pictures, Rng rng) {
    try (TensorScope scope = TensorScope.open()) {
      NoiseProcess.Noised noised = noise.apply(pictures.clean(), rng);
      Tensor scales = range.draw(pictures.size(), rng);
      Tensor said =
          student.predict(
              noised.latents(), noised.times(), student.encode(pictures.captions()), scales);
      return Trainee.Loss.of(
          scope.keep(noised.against(wanted(noised, pictures, scales)).loss(said)));
    }
  }

  private Tensor wanted(NoiseProcess.Noised noised, Pictures pictures, Tensor scales) {
    try (TensorScope scope = TensorScope.open()) {
      return scope.keep(
          teacher.predict(
              noised.latents(), noised.times(), teacher.encode(pictures.captions()), scales));
    }
  }

  @Override
  public void close() {
    teacher.close();
  }
}
