package io.lssgen.train;

import io.lssgen.tensor.Rng;
import java.util.Arrays;

/**
 * The timesteps between which a distillation's teacher steps, counted from the noisy end.
 *
 * @param timesteps all that there are
 * @param count of the solver's, a divisor of all
 */
record SolverSteps(int timesteps, int count) {
  SolverSteps {
    if (count > timesteps || timesteps % count != 0) {
      throw new IllegalArgumentException(
          "solver_steps must divide num_train_timesteps = %d, found %d"
              .formatted(timesteps, count));
    }
  }

  /** How many timesteps one step of the solver passes over. */
  int stride() {
    return timesteps / count;
  }

  /** {@code size} of the solver's timesteps, each with equal probability. */
  int[] draw(int size, Rng rng) {
    return Arrays.stream(DiffusionNoise.draw(size, count, rng))
        .map(index -> (index + 1) * stride() - 1)
        .toArray();
  }
}
