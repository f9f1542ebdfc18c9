package io.lssgen.schedule;

/**
 * The boundary condition of latent consistency models (arXiv 2310.04378, section 4.1; the form:
 * arXiv 2303.01469, appendix C), as diffusers' {@code LCMScheduler} has it: the consistency
 * function is {@link #skip}·latents + {@link #out}·(estimate of the clean latents), so that at
 * timestep 0 it gives back the latents themselves.
 *
 * @param timestepScale what timesteps are multiplied with, {@code timestep_scaling}
 */
public record ConsistencyBoundary(double timestepScale) {
  /** What published models have. */
  public static final ConsistencyBoundary PUBLISHED = new ConsistencyBoundary(10);

  /** Standard deviation of the data, fixed in diffusers. */
  private static final double DATA_SIGMA = 0.5;

  /** The share of the latents, 1 at timestep 0. */
  public double skip(double timestep) {
    return DATA_SIGMA * DATA_SIGMA / variance(timestep);
  }

  /** The share of the estimate, 0 at timestep 0. */
  public double out(double timestep) {
    return timestep * timestepScale / Math.sqrt(variance(timestep));
  }

  private double variance(double timestep) {
    double time = timestep * timestepScale;
    return time * time + DATA_SIGMA * DATA_SIGMA;
  }
}
