package io.lssgen.train;

import io.lssgen.model.Conditioning;
import io.lssgen.schedule.TrainingNoise;
import io.lssgen.tensor.Rng;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.Tensors;
import java.util.Arrays;
import java.util.OptionalDouble;
import java.util.function.IntToDoubleFunction;

/**
 * The noise of diffusion models (arXiv 2006.11239) at uniformly drawn timesteps; the denoiser is
 * told the timestep and predicts what the scheduler's configuration says.
 *
 * @param levels the noise at each timestep
 * @param minSnr the largest ratio of signal to noise that counts (arXiv 2303.09556, which has 5);
 *     empty: all errors weigh the same
 */
record DiffusionNoise(TrainingNoise levels, OptionalDouble minSnr) implements NoiseProcess {
  /** Where a step may lead beside the timesteps: to latents without noise. */
  static final int CLEAN = -1;

  DiffusionNoise {
    if (minSnr.isPresent() && !(minSnr.getAsDouble() > 0)) {
      throw new IllegalArgumentException("min_snr must be above 0, found " + minSnr.getAsDouble());
    }
  }

  @Override
  public Noised apply(Tensor clean, Rng rng) {
    Tensor noise = rng.randn(clean.shape());
    int[] timesteps = draw((int) clean.size(0), levels.timesteps(), rng);
    return new Noised(
        mix(clean, noise, timesteps),
        times(timesteps),
        clean
            .mul(column(timesteps, t -> levels.target(t).first()))
            .add(noise.mul(column(timesteps, t -> levels.target(t).second()))),
        minSnr.isEmpty()
            ? null
            : column(timesteps, t -> levels.minSnrWeight(t, minSnr.getAsDouble())));
  }

  /** {@code count} whole numbers, each from 0 to {@code below} − 1 with equal probability. */
  static int[] draw(int count, int below, Rng rng) {
    float[] uniform;
    try (Tensor drawn = rng.rand(count)) {
      uniform = drawn.toFloatArray();
    }
    int[] numbers = new int[count];
    for (int i = 0; i < count; i++) {
      numbers[i] = (int) (uniform[i] * (double) below);
    }
    return numbers;
  }

  /** Clean latents [B, C, h, w] with the noise of their timesteps. */
  Tensor mix(Tensor clean, Tensor noise, int[] timesteps) {
    return clean
        .mul(column(timesteps, levels::alpha))
        .add(noise.mul(column(timesteps, levels::sigma)));
  }

  /** The clean latents that a denoiser sees in noisy ones, fp32 [B, C, h, w]. */
  Tensor clean(Tensor noisy, Tensor said, int[] timesteps) {
    return noisy
        .mul(column(timesteps, t -> levels.clean(t).first()))
        .add(said.mul(column(timesteps, t -> levels.clean(t).second())));
  }

  /**
   * The clean latents that a denoiser sees in noisy ones when it is asked.
   *
   * @param scales of guidance, [B]; told to denoisers that are told one
   */
  Tensor seen(
      DenoiserModel denoiser, Tensor noisy, int[] timesteps, Conditioning text, Tensor scales) {
    Tensor told = denoiser.takesGuidance() ? scales : null;
    return clean(noisy, denoiser.predict(noisy, times(timesteps), text, told), timesteps);
  }

  /**
   * DDIM's step (arXiv 2010.02502, equation 12, η = 0): the same noise, at another level.
   *
   * @param clean what is seen in {@code noisy}
   * @param to may be {@link #CLEAN}; where it equals {@code from}, latents stay as they are
   */
  Tensor stepped(Tensor noisy, Tensor clean, int[] from, int[] to) {
    return noisy.mul(column(kept(from, to))).add(clean.mul(column(added(from, to))));
  }

  /** The clean latents with which {@link #stepped} leads from one place to another. */
  Tensor cleanBetween(Tensor noisy, Tensor landed, int[] from, int[] to) {
    return landed.sub(noisy.mul(column(kept(from, to)))).div(column(added(from, to)));
  }

  /** The share of the noisy latents in a step. */
  private double[] kept(int[] from, int[] to) {
    double[] kept = new double[from.length];
    for (int i = 0; i < from.length; i++) {
      kept[i] = from[i] == to[i] ? 1 : sigma(to[i]) / sigma(from[i]);
    }
    return kept;
  }

  /** The share of the clean latents in a step. */
  private double[] added(int[] from, int[] to) {
    double[] kept = kept(from, to);
    double[] added = new double[from.length];
    for (int i = 0; i < from.length; i++) {
      added[i] = alpha(to[i]) - kept[i] * alpha(from[i]);
    }
    return added;
  }

  private double alpha(int timestep) {
    return timestep == CLEAN ? 1 : levels.alpha(timestep);
  }

  private double sigma(int timestep) {
    return timestep == CLEAN ? 0 : levels.sigma(timestep);
  }

  /** Timesteps as a denoiser is told them, fp32 [B]. */
  static Tensor times(int[] timesteps) {
    return column(timesteps, t -> t).reshape(timesteps.length);
  }

  /** A number for each timestep, fp32 [B, 1, 1, 1]. */
  static Tensor column(int[] timesteps, IntToDoubleFunction value) {
    return column(Arrays.stream(timesteps).mapToDouble(value).toArray());
  }

  /** fp32 [B, 1, 1, 1]. */
  static Tensor column(double... values) {
    float[] rounded = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      rounded[i] = (float) values[i];
    }
    return Tensors.of(rounded, values.length, 1, 1, 1);
  }
}
