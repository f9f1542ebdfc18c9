package io.lssgen.train;

import io.lssgen.model.Conditioning;
import io.lssgen.tensor.GradMode;
import io.lssgen.tensor.Rng;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import java.util.Arrays;

/**
 * Latent consistency distillation in phases (arXiv 2405.18407, section 3; arXiv 2403.06807): all
 * timesteps are cut into as many parts as the student is to take steps, and of each place in a part
 * the student must land at the part's end where it lands from the place that one DDIM step of the
 * guided teacher leads to. Errors add up over one part instead of all timesteps, and sampling is
 * plain DDIM, which draws no noise between steps.
 *
 * <p>Landing places are told apart by the clean latents that lead there in one DDIM step. Targets
 * are the student's own, with gradients stopped.
 *
 * <p>Legend: B batch, C channels, h and w latents.
 *
 * @param noise what teacher and student are trained with
 * @param phases the parts, a divisor of the solver's steps
 */
record PhasedDistillation(
    DiffusionNoise noise,
    GuidedTeacher teacher,
    ScaleRange range,
    SolverSteps solver,
    int phases,
    PseudoHuber distance)
    implements Objective {
  PhasedDistillation {
    if (phases > solver.count() || solver.count() % phases != 0) {
      throw new IllegalArgumentException(
          "phases must divide solver_steps = %d, found %d".formatted(solver.count(), phases));
    }
  }

  @Override
  public Trainee.Loss loss(DenoiserModel student, Pictures pictures, Rng rng) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor fresh = rng.randn(pictures.clean().shape());
      int[] from = solver.draw(pictures.size(), rng);
      Tensor scales = range.draw(pictures.size(), rng);
      Tensor noisy = noise.mix(pictures.clean(), fresh, from);
      Conditioning both = teacher.encode(pictures.captions());
      Tensor said =
          noise.seen(student, noisy, from, GuidedTeacher.first(both, from.length), scales);
      return Trainee.Loss.of(
          scope.keep(distance.of(said.sub(target(student, noisy, from, both, scales)))));
    }
  }

  /** The clean latents that the student is to see, without gradients. */
  private Tensor target(
      DenoiserModel student, Tensor noisy, int[] from, Conditioning both, Tensor scales) {
    try (TensorScope scope = TensorScope.open();
        GradMode off = GradMode.disabled()) {
      int[] to = Arrays.stream(from).map(timestep -> timestep - solver.stride()).toArray();
      int[] end = Arrays.stream(from).map(this::end).toArray();
      Tensor said = teacher.predict(noisy, DiffusionNoise.times(from), both, scales);
      Tensor led = noise.stepped(noisy, noise.clean(noisy, said, from), from, to);
      // Where the step led to the end already, what the student says there has no weight.
      int[] seen = Arrays.stream(to).map(timestep -> Math.max(0, timestep)).toArray();
      Tensor there = noise.seen(student, led, seen, GuidedTeacher.first(both, from.length), scales);
      Tensor landed = noise.stepped(led, there, to, end);
      return scope.keep(noise.cleanBetween(noisy, landed, from, end));
    }
  }

  /** The last timestep of the part that one is in; {@link DiffusionNoise#CLEAN} of the first. */
  private int end(int timestep) {
    int part = solver.timesteps() / phases;
    return timestep / part * part - 1;
  }

  @Override
  public void close() {
    teacher.close();
  }
}
