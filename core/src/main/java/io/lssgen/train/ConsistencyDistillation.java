package io.lssgen.train;

import io.lssgen.model.Conditioning;
import io.lssgen.schedule.ConsistencyBoundary;
import io.lssgen.tensor.GradMode;
import io.lssgen.tensor.Rng;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import java.util.Arrays;

/**
 * Latent consistency distillation (arXiv 2310.04378, algorithm 1): a student, which may be told the
 * guidance scale, jumps from noisy latents to clean ones, and must land where it lands from the
 * place that one skipping DDIM step of the guided teacher leads to. The text encoders are the
 * teacher's and stay as they are.
 *
 * <p>The target is the student itself, with gradients stopped: no separate average of its weights
 * (arXiv 2310.14189, section 3.2).
 *
 * <p>Legend: B batch, C channels, h and w latents.
 *
 * @param noise what teacher and student are trained with
 */
record ConsistencyDistillation(
    DiffusionNoise noise,
    GuidedTeacher teacher,
    ScaleRange range,
    SolverSteps solver,
    PseudoHuber distance)
    implements Objective {

  @Override
  public Trainee.Loss loss(DenoiserModel student, Pictures pictures, Rng rng) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor fresh = rng.randn(pictures.clean().shape());
      int[] from = solver.draw(pictures.size(), rng);
      int[] to = Arrays.stream(from).map(t -> Math.max(0, t - solver.stride())).toArray();
      Tensor scales = range.draw(pictures.size(), rng);
      Tensor noisy = noise.mix(pictures.clean(), fresh, from);
      Conditioning both = teacher.encode(pictures.captions());
      Conditioning text = GuidedTeacher.first(both, pictures.size());
      Tensor landed = jump(student, noisy, from, text, scales);
      return Trainee.Loss.of(
          scope.keep(distance.of(landed.sub(target(student, noisy, from, to, both, scales)))));
    }
  }

  /** Where the student lands from the place that the teacher leads to; without gradients. */
  private Tensor target(
      DenoiserModel student, Tensor noisy, int[] from, int[] to, Conditioning both, Tensor scales) {
    try (TensorScope scope = TensorScope.open();
        GradMode off = GradMode.disabled()) {
      Tensor said = teacher.predict(noisy, DiffusionNoise.times(from), both, scales);
      Tensor led = noise.stepped(noisy, noise.clean(noisy, said, from), from, to);
      return scope.keep(jump(student, led, to, GuidedTeacher.first(both, from.length), scales));
    }
  }

  /** The consistency function: clean latents, fp32 [B, C, h, w]. */
  private Tensor jump(
      DenoiserModel student, Tensor noisy, int[] timesteps, Conditioning text, Tensor scales) {
    ConsistencyBoundary boundary = ConsistencyBoundary.PUBLISHED;
    return noisy
        .mul(DiffusionNoise.column(timesteps, boundary::skip))
        .add(
            noise
                .seen(student, noisy, timesteps, text, scales)
                .mul(DiffusionNoise.column(timesteps, boundary::out)));
  }

  @Override
  public void close() {
    teacher.close();
  }
}
