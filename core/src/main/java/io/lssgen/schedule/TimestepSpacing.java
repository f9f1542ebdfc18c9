package io.lssgen.schedule;

/**
 * Which training timesteps a run visits (arXiv 2305.08891, table 2). What other programs call
 * "sgm_uniform" and "simple" is {@link #TRAILING}, in diffusers as here.
 */
enum TimestepSpacing {
  /** Evenly from the last timestep to 0. */
  LINSPACE {
    @Override
    double[] timesteps(int training, int last, int steps, int extra, int offset) {
      int count = steps + extra;
      double stride = count == 1 ? 0 : (last - 1) / (double) (count - 1);
      double[] timesteps = new double[steps];
      for (int i = 0; i < steps; i++) {
        timesteps[i] = i == 0 && count > 1 ? last - 1 : (count - 1 - i) * stride;
      }
      return timesteps;
    }
  },
  /** Whole strides up from 0, plus the offset. */
  LEADING {
    @Override
    double[] timesteps(int training, int last, int steps, int extra, int offset) {
      int stride = last / (steps + extra);
      double[] timesteps = new double[steps];
      for (int i = 0; i < steps; i++) {
        timesteps[i] = (double) (steps + extra - 1 - i) * stride + offset;
      }
      return timesteps;
    }
  },
  /** Strides down from the last timestep. */
  TRAILING {
    @Override
    double[] timesteps(int training, int last, int steps, int extra, int offset) {
      double stride = training / (double) steps;
      double[] timesteps = new double[steps];
      for (int i = 0; i < steps; i++) {
        timesteps[i] = Math.rint(last - i * stride) - 1;
      }
      return timesteps;
    }
  };

  /**
   * The timesteps, falling; whole numbers except with {@link #LINSPACE}.
   *
   * @param training how many timesteps the model was trained with
   * @param last one above the largest that may be visited, usually {@code training}
   * @param extra 1 for solvers that lay out one timestep more and drop the smallest
   * @param offset added by {@link #LEADING}
   */
  abstract double[] timesteps(int training, int last, int steps, int extra, int offset);
}
