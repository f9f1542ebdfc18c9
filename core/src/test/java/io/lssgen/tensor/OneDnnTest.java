package io.lssgen.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Layers of fp32 without gradients go another way than with. Double precision is the measure. */
class OneDnnTest {
  private static final float TOLERANCE = 5e-5f; // of sums of up to 300 products of order 1

  private int threads;

  @BeforeEach
  void twoThreads() {
    threads = TorchRuntime.threads();
    TorchRuntime.threads(2);
  }

  @AfterEach
  void asBefore() {
    TorchRuntime.threads(threads);
  }

  /** One row alone, few, and more than are left to one thread. */
  @ParameterizedTest
  @CsvSource({"1, 1, true", "3, 5, true", "1, 22, false", "2, 301, true"})
  void isTheProductInDoublePrecision(int batch, int length, boolean withBias) {
    try (GradMode off = GradMode.disabled();
        Rng rng = new Rng(3);
        TensorScope scope = TensorScope.open()) {
      Tensor x = rng.randn(batch, length, 300);
      Tensor weight = rng.randn(41, 300);
      Tensor bias = withBias ? rng.randn(41) : null;
      Tensor found = Functional.linear(x, weight, bias);
      assertThat(found.shape()).containsExactly(batch, length, 41);
      assertSameAsDouble(found, x, weight, bias);
      assertThat(off.previous()).isTrue();
      assertThat(scope).isNotNull();
    }
  }

  @Test
  void inputsThatAreNotContiguousAreReadInTheirOrder() {
    try (GradMode off = GradMode.disabled();
        Rng rng = new Rng(4);
        TensorScope scope = TensorScope.open()) {
      Tensor x = rng.randn(128, 90).transpose(0, 1);
      Tensor weight = rng.randn(128, 50).transpose(0, 1);
      assertSameAsDouble(Functional.linear(x, weight, null), x, weight, null);
      Tensor row = rng.randn(128);
      assertThat(Functional.linear(row, weight, null).shape()).containsExactly(50);
      assertSameAsDouble(Functional.linear(row, weight, null), row, weight, null);
      assertThat(Functional.linear(rng.randn(0, 128), weight, null).shape()).containsExactly(0, 50);
      assertThat(off).isNotNull();
      assertThat(scope).isNotNull();
    }
  }

  private static void assertSameAsDouble(
      Tensor found, Tensor x, Tensor weight, @Nullable Tensor bias) {
    Tensor wanted =
        Functional.linear(
            x.to(DType.F64), weight.to(DType.F64), bias == null ? null : bias.to(DType.F64));
    assertThat(found.toFloatArray())
        .usingComparatorWithPrecision(TOLERANCE)
        .containsExactly(wanted.toFloatArray());
  }

  /** Small ones and large ones, which libtorch takes different ways by itself. */
  @ParameterizedTest
  @CsvSource({"6, 1, 1, 0", "6, 3, 1, 1", "5, 3, 2, 1", "40, 3, 1, 1"})
  void convolutionsAreThoseInDoublePrecision(int side, int kernel, int stride, int padding) {
    try (GradMode off = GradMode.disabled();
        Rng rng = new Rng(6);
        TensorScope scope = TensorScope.open()) {
      Tensor x = rng.randn(1, 16, side, side).channelsLast();
      Tensor weight = rng.randn(8, 16, kernel, kernel);
      Tensor bias = rng.randn(8);
      Tensor found = Functional.conv2d(x, weight, bias, stride, padding);
      Tensor wanted =
          Functional.conv2d(
              x.to(DType.F64), weight.to(DType.F64), bias.to(DType.F64), stride, padding);
      assertThat(found.shape()).isEqualTo(wanted.shape());
      assertThat(found.contiguous().toFloatArray())
          .usingComparatorWithPrecision(TOLERANCE)
          .containsExactly(wanted.contiguous().toFloatArray());
      assertThat(off).isNotNull();
      assertThat(scope).isNotNull();
    }
  }

  @Test
  void gradientsAreRecordedWhereTheyAreWanted() {
    try (Rng rng = new Rng(5);
        TensorScope scope = TensorScope.open()) {
      Tensor weight = rng.randn(2, 3).requireGrad(true);
      Functional.linear(Tensors.ones(DType.F32, 4, 3), weight, null).mean().backward();
      float[] gradient = new float[6];
      Arrays.fill(gradient, 0.5f); // four rows of ones, over eight outputs
      assertThat(weight.grad()).isNotNull();
      assertThat(weight.grad().toFloatArray()).containsExactly(gradient);
      assertThat(scope).isNotNull();
    }
  }

  @Test
  void aWidthThatDoesNotFitIsAnError() {
    try (GradMode off = GradMode.disabled();
        Tensor x = Tensors.ones(DType.F32, 2, 3);
        Tensor weight = Tensors.ones(DType.F32, 5, 4)) {
      assertThatThrownBy(() -> Functional.linear(x, weight, null).close())
          .isInstanceOf(TorchException.class)
          .hasMessageContaining("[2, 3]")
          .hasMessageContaining("[5, 4]");
      assertThat(off).isNotNull();
    }
  }

  @Test
  void noNativeHandlesAreLeft() {
    try (GradMode off = GradMode.disabled();
        Tensor x = Tensors.ones(DType.F32, 64, 128);
        Tensor weight = Tensors.ones(DType.F32, 64, 128);
        Tensor bias = Tensors.ones(DType.F32, 64)) {
      assumeTrue(OneDnn.hasLinear(x, weight), "libtorch has no oneDNN here");
      long before = 0;
      for (int round = 0; round < 60; round++) {
        if (round == 10) {
          before = LiveHandles.settled();
        }
        Functional.linear(x, weight, bias).close();
      }
      assertThat(TorchRuntime.liveHandles()).isEqualTo(before);
      assertThat(off).isNotNull();
    }
  }
}
