package io.lssgen.train;

import io.lssgen.model.Conditioning;
import io.lssgen.schedule.ConsistencyBoundary;
import io.lssgen.schedule.TrainingNoise;
import io.lssgen.tensor.GradMode;
import io.lssgen.tensor.Rng;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Latent consistency distillation (arXiv 2310.04378, algorithm 1): a student, which may be told the
 * guidance scale, jumps from noisy latents to clean ones, and must land where it lands from the
 * place that one skipping DDIM step of the guided teacher leads to. The text encoders are the
 * teacher's and stay as they are.
 *
 * <p>The target is the student itself, with gradients stopped: no separate average of its weights
 * (arXiv 2310.14189, section 3.2). The distance is a pseudo-Huber loss (section 3.3 there).
 *
 * <p>Legend: B batch, C channels, h and w latents.
 *
 * @param noise what teacher and student are trained with
 * @param steps timesteps of the solver, a divisor of all timesteps
 * @param huber where the loss turns from squares to absolute values
 * @param channelWeights of the distance, fp32 [1, C, 1, 1], the caller's; null: all count alike
 */
record ConsistencyDistillation(
    DiffusionNoise noise,
    GuidedTeacher teacher,
    ScaleRange range,
    int steps,
    double huber,
    @Nullable Tensor channelWeights)
    implements Objective {
  ConsistencyDistillation {
    if (steps > noise.levels().timesteps() || noise.levels().timesteps() % steps != 0) {
      throw new IllegalArgumentException(
          "solver_steps must divide num_train_timesteps = %d, found %d"
              .formatted(noise.levels().timesteps(), steps));
    }
    if (!(huber > 0)) {
      throw new IllegalArgumentException("huber must be above 0, found " + huber);
    }
  }

  @Override
  public Tensor loss(DenoiserModel student, Pictures pictures, Rng rng) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor fresh = rng.randn(pictures.clean().shape());
      int stride = noise.levels().timesteps() / steps;
      int[] from = // the solver's timesteps count from the noisy end
          Arrays.stream(DiffusionNoise.draw(pictures.size(), steps, rng))
              .map(index -> (index + 1) * stride - 1)
              .toArray();
      int[] to = Arrays.stream(from).map(timestep -> Math.max(0, timestep - stride)).toArray();
      Tensor scales = range.draw(pictures.size(), rng);
      Tensor noisy = noise.mix(pictures.clean(), fresh, from);
      Conditioning both = teacher.encode(pictures.captions());
      Conditioning text = first(both, pictures.size());
      Tensor landed = jump(student, noisy, from, text, scales);
      Tensor error = landed.sub(target(student, noisy, from, to, both, scales));
      Tensor distance = error.square().add(huber * huber).sqrt().add(-huber); // [B, C, h, w]
      return scope.keep((channelWeights == null ? distance : distance.mul(channelWeights)).mean());
    }
  }

  private static Conditioning first(Conditioning both, long size) {
    Tensor pooled = both.pooled();
    return new Conditioning(
        both.states().narrow(0, 0, size), pooled == null ? null : pooled.narrow(0, 0, size));
  }

  /** Where the student lands from the place that the teacher leads to; without gradients. */
  private Tensor target(
      DenoiserModel student, Tensor noisy, int[] from, int[] to, Conditioning both, Tensor scales) {
    try (TensorScope scope = TensorScope.open();
        GradMode off = GradMode.disabled()) {
      Tensor said = teacher.predict(noisy, DiffusionNoise.times(from), both, scales);
      Tensor led = solved(noisy, noise.clean(noisy, said, from), from, to);
      return scope.keep(jump(student, led, to, first(both, from.length), scales));
    }
  }

  /** DDIM's step (arXiv 2010.02502, equation 12, η = 0): the same noise, at another level. */
  private Tensor solved(Tensor noisy, Tensor clean, int[] from, int[] to) {
    TrainingNoise levels = noise.levels();
    double[] kept = new double[from.length]; // the share of the noisy latents
    double[] added = new double[from.length]; // that of the clean ones
    for (int i = 0; i < from.length; i++) {
      kept[i] = levels.sigma(to[i]) / levels.sigma(from[i]);
      added[i] = levels.alpha(to[i]) - kept[i] * levels.alpha(from[i]);
    }
    return noisy.mul(DiffusionNoise.column(kept)).add(clean.mul(DiffusionNoise.column(added)));
  }

  /** The consistency function: clean latents, fp32 [B, C, h, w]. */
  private Tensor jump(
      DenoiserModel student, Tensor noisy, int[] timesteps, Conditioning text, Tensor scales) {
    ConsistencyBoundary boundary = ConsistencyBoundary.PUBLISHED;
    Tensor told = student.takesGuidance() ? scales : null;
    Tensor said = student.predict(noisy, DiffusionNoise.times(timesteps), text, told);
    return noisy
        .mul(DiffusionNoise.column(timesteps, boundary::skip))
        .add(
            noise
                .clean(noisy, said, timesteps)
                .mul(DiffusionNoise.column(timesteps, boundary::out)));
  }

  @Override
  public void close() {
    teacher.close();
  }
}
