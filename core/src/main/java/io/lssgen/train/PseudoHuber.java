package io.lssgen.train;

import io.lssgen.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A distance of latents: squares where errors are small, absolute values where they are large
 * (arXiv 2310.14189, section 3.3, element by element).
 *
 * @param bend where it turns from one to the other, above 0
 * @param channelWeights fp32 [1, C, 1, 1], the caller's; null: all channels count alike
 */
record PseudoHuber(double bend, @Nullable Tensor channelWeights) {
  PseudoHuber {
    if (!(bend > 0)) {
      throw new IllegalArgumentException("huber must be above 0, found " + bend);
    }
  }

  /** The mean over errors [B, C, h, w]. */
  Tensor of(Tensor error) {
    Tensor distance = error.square().add(bend * bend).sqrt().add(-bend);
    return (channelWeights == null ? distance : distance.mul(channelWeights)).mean();
  }
}
