package io.lssgen.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.model.GoldenTensors;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Functional;
import io.lssgen.tensor.LiveHandles;
import io.lssgen.tensor.Rng;
import io.lssgen.tensor.ScopePerTest;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.Tensors;
import io.lssgen.tensor.TorchRuntime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(ScopePerTest.class)
class ChannelMixingTest {
  private static UpsamplerPairs.Pair pair(Rng rng) {
    Tensor high = rng.randn(4, 16, 6, 6);
    return new UpsamplerPairs.Pair(
        Functional.averagePool(high, 2), high, Tensors.zeros(DType.F32, 4, 3, 8, 8));
  }

  /**
   * A rotation: the latents' energy stays, and averages are turned as what they are averages of.
   */
  @Test
  void theLastPairsAreTurnedAlike() {
    try (Rng rng = new Rng(3)) {
      UpsamplerPairs.Pair pair = pair(rng);
      UpsamplerPairs.Pair mixed = new ChannelMixing(0.5).apply(pair, rng);

      assertThat(GoldenTensors.maxError(Functional.averagePool(mixed.high(), 2), mixed.low()))
          .isLessThan(1e-5);
      assertThat(mixed.high().narrow(0, 0, 2).toFloatArray())
          .isEqualTo(pair.high().narrow(0, 0, 2).toFloatArray());
      Tensor before = pair.high().narrow(0, 2, 2);
      Tensor after = mixed.high().narrow(0, 2, 2);
      assertThat(after.sub(before).square().mean().item()).isGreaterThan(0.5);
      assertThat(GoldenTensors.maxError(energy(after), energy(before))).isLessThan(1e-3);
    }
  }

  /** Of each place, over the channels. */
  private static Tensor energy(Tensor latents) {
    return latents.square().mean(true, 1);
  }

  @Test
  void nothingIsMixedUnlessWanted() {
    try (Rng rng = new Rng(3)) {
      UpsamplerPairs.Pair pair = pair(rng);
      assertThat(new ChannelMixing(0).apply(pair, rng)).isSameAs(pair);
    }
    assertThatThrownBy(() -> new ChannelMixing(1.5)).hasMessageContaining("mixed must be in");
  }

  @Test
  void mixingLeavesNothingBehind() {
    try (Rng rng = new Rng(3)) {
      UpsamplerPairs.Pair pair = pair(rng);
      long before = LiveHandles.settled();
      for (int i = 0; i < 3; i++) {
        UpsamplerPairs.Pair mixed = new ChannelMixing(1).apply(pair, rng);
        mixed.low().close();
        mixed.high().close();
      }
      assertThat(TorchRuntime.liveHandles()).isEqualTo(before);
    }
  }
}
