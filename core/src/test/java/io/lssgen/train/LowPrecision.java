package io.lssgen.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.lssgen.tensor.DType;
import io.lssgen.tensor.GradMode;
import io.lssgen.tensor.Rng;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import org.assertj.core.data.Percentage;

/** Trainees that compute in bf16 against the same ones in fp32. */
final class LowPrecision {
  private LowPrecision() {}

  /**
   * The losses are the same but for {@code percent}, the gradients, which are fp32, but for three
   * times as much of their norm.
   */
  static void assertAgree(Trainee fp32, Trainee bf16, double percent) {
    stir(fp32);
    stir(bf16);
    try (TensorScope scope = TensorScope.open()) {
      double wanted = loss(fp32);
      double found = loss(bf16);
      assertThat(found).isCloseTo(wanted, Percentage.withPercentage(percent));
      assertThat(found).as("computed in another type").isNotEqualTo(wanted);
      Tensor exact = fp32.parameters().gradients();
      Tensor rounded = bf16.parameters().gradients();
      assertThat(rounded.dtype()).isEqualTo(DType.F32);
      assertThat(norm(rounded.sub(exact))).isLessThan(0.03 * percent * norm(exact));
      assertThat(scope).isNotNull();
    }
  }

  /** Away from the first weights, by which denoisers say zero and are right in any type. */
  private static void stir(Trainee trainee) {
    try (TensorScope scope = TensorScope.open();
        GradMode off = GradMode.disabled();
        Rng rng = new Rng(2)) {
      Tensor values = trainee.parameters().values();
      values.copyInPlace(values.add(rng.randn(values.shape()).mul(0.02)));
      assertThat(scope).isNotNull();
    }
  }

  private static double loss(Trainee trainee) {
    Tensor total = trainee.loss(trainee.parameters(), 0).total();
    total.backward();
    return total.item();
  }

  private static double norm(Tensor flat) {
    return Math.sqrt(flat.square().sum().item());
  }
}
