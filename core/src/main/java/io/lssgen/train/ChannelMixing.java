package io.lssgen.train;

import io.lssgen.tensor.Functional;
import io.lssgen.tensor.Rng;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import java.util.List;

/**
 * Turns the channels of some pairs, small and large latents alike, by a random rotation. What comes
 * out is no picture's latents any more, but doubles as such: a network that has seen it stays calm
 * when it meets latents unlike all that it was trained on, instead of running away.
 *
 * <p>Legend: B pairs, C latent channels.
 *
 * @param share of the pairs of a batch, 0 to 1; those at its end
 */
record ChannelMixing(double share) {
  ChannelMixing {
    if (!(share >= 0 && share <= 1)) {
      throw new IllegalArgumentException("mixed must be in [0, 1], found " + share);
    }
  }

  /** How many of so many pairs are mixed. */
  int of(int batch) {
    return (int) Math.round(share * batch);
  }

  /** The pairs, the last of them mixed; their pictures stay what they were. */
  UpsamplerPairs.Pair apply(UpsamplerPairs.Pair pair, Rng rng) {
    int mixed = of((int) pair.low().size(0));
    if (mixed == 0) {
      return pair;
    }
    try (TensorScope scope = TensorScope.open()) {
      Tensor rotation = rotation((int) pair.low().size(1), rng);
      return new UpsamplerPairs.Pair(
          scope.keep(turned(pair.low(), mixed, rotation)),
          scope.keep(turned(pair.high(), mixed, rotation)),
          pair.pictures());
    }
  }

  private static Tensor turned(Tensor latents, int mixed, Tensor rotation) {
    long plain = latents.size(0) - mixed;
    Tensor turned =
        Functional.conv2d(
            latents.narrow(0, plain, mixed), rotation.to(latents.dtype()), null, 1, 0);
    return Tensors.cat(List.of(latents.narrow(0, 0, plain), turned), 0);
  }

  /** A random orthogonal matrix, [C, C, 1, 1]. */
  static Tensor rotation(int channels, Rng rng) {
    try (TensorScope scope = TensorScope.open()) {
      return scope.keep(
          Functional.orthogonal(rng.randn(channels, channels)).reshape(channels, channels, 1, 1));
    }
  }
}
