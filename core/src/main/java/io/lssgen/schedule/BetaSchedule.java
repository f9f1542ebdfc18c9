package io.lssgen.schedule;

/**
 * How the variance that a training timestep adds grows with the timestep. Pure Java; fp32 where
 * torch computes in fp32.
 */
enum BetaSchedule {
  /** Linear (arXiv 2006.11239). */
  LINEAR {
    @Override
    float[] betas(int count, double start, double end) {
      return line(count, (float) start, (float) end);
    }
  },
  /** The square of a line: latent diffusion (arXiv 2112.10752). */
  SCALED_LINEAR {
    @Override
    float[] betas(int count, double start, double end) {
      float[] betas = line(count, (float) Math.sqrt(start), (float) Math.sqrt(end));
      for (int i = 0; i < count; i++) {
        betas[i] *= betas[i];
      }
      return betas;
    }
  },
  /** The cosine schedule, each beta at most 0.999 (arXiv 2102.09672). */
  SQUAREDCOS_CAP_V2 {
    @Override
    float[] betas(int count, double start, double end) {
      float[] betas = new float[count];
      for (int i = 0; i < count; i++) {
        double ratio = cosine((i + 1) / (double) count) / cosine(i / (double) count);
        betas[i] = (float) Math.min(1 - ratio, 0.999);
      }
      return betas;
    }
  };

  /** The betas of all training timesteps; the cosine schedule has no ends. */
  abstract float[] betas(int count, double start, double end);

  private static double cosine(double t) {
    double c = Math.cos((t + 0.008) / 1.008 * Math.PI / 2);
    return c * c;
  }

  /** torch.linspace in fp32, which counts from the nearer end. */
  private static float[] line(int count, float start, float end) {
    float[] values = new float[count];
    float step = count == 1 ? 0 : (end - start) / (count - 1);
    for (int i = 0; i < count; i++) {
      values[i] = i < count / 2 ? start + step * i : end - step * (count - 1 - i);
    }
    return values;
  }
}
