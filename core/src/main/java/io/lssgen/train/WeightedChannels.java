package io.lssgen.train;

import io.lssgen.tensor.Rng;
import io.lssgen.tensor.Tensor;

/**
 * Another process whose errors count by channel.
 *
 * @param weights fp32 [1, C, 1, 1]; stays the caller's
 */
record WeightedChannels(NoiseProcess process, Tensor weights) implements NoiseProcess {
  @Override
  public Noised apply(Tensor clean, Rng rng) {
    Noised noised = process.apply(clean, rng);
    Tensor both = noised.weights() == null ? weights : noised.weights().mul(weights);
    return new Noised(noised.latents(), noised.times(), noised.target(), both);
  }
}
