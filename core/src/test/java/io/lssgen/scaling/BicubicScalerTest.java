package io.lssgen.scaling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.lssgen.model.GoldenTensors;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import org.junit.jupiter.api.Test;

class BicubicScalerTest {
  /** The kernel has a negative lobe: an impulse overshoots, and its weights add up to 1. */
  @Test
  void anImpulseSpreadsByKeysKernel() {
    float[] values = new float[64];
    values[3 * 8 + 4] = 1;
    try (TensorScope scope = TensorScope.open()) {
      Tensor impulse = Tensors.of(values, 1, 1, 8, 8);
      Tensor doubled = new BicubicScaler().scale(impulse, shape -> impulse);
      assertThat(doubled.shape()).containsExactly(1, 1, 16, 16);
      assertThat(doubled.sum().item()).isCloseTo(4, within(1e-5));
      // Keys' W(x) with a = -0.75 a quarter and five quarters from the impulse.
      double near = 1.25 * 0.015625 - 2.25 * 0.0625 + 1;
      double far = -0.75 * (1.953125 - 5 * 1.5625 + 8 * 1.25 - 4);
      assertThat(doubled.select(2, 6).select(2, 8).item()).isCloseTo(near * near, within(1e-5));
      assertThat(doubled.select(2, 6).select(2, 11).item()).isCloseTo(near * far, within(1e-5));
      assertThat(scope).isNotNull();
    }
  }

  /** Against the golden run: what the scaler made of the first stage's latent. */
  @Test
  void itEqualsTheReferenceRun() {
    try (TensorScope scope = TensorScope.open()) {
      GoldenTensors golden = GoldenTensors.read("lssgen/bicubic.safetensors");
      Tensor doubled =
          new BicubicScaler().scale(golden.tensor("stage0"), shape -> golden.tensor("stage0"));
      assertThat(GoldenTensors.maxError(doubled, golden.tensor("scaled1"))).isLessThan(1e-5);
      assertThat(scope).isNotNull();
    }
  }
}
