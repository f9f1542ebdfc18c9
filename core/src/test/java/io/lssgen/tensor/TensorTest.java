package io.lssgen.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class TensorTest {
  @Test
  void randnEqualsTorchGeneratorOfTheSameSeed() {
    // Published FLUX numbers for seed 42: the two draws of a 512 -> 1024 run, then one value more.
    try (Rng rng = new Rng(42);
        TensorScope scope = TensorScope.open()) {
      rng.randn(1, 16, 64, 64);
      rng.randn(1, 16, 128, 128);
      assertThat(scope).isNotNull();
      assertThat(rng.randn(1).item()).isCloseTo(-0.48033929, Offset.offset(1e-6));
    }
  }

  @Test
  void aRestoredGeneratorDrawsTheSameAgain() {
    try (Rng rng = new Rng(7);
        TensorScope scope = TensorScope.open()) {
      rng.randn(33);
      byte[] state = rng.state();
      float[] first = rng.randn(100).toFloatArray();
      rng.restore(state);
      assertThat(rng.randn(100).toFloatArray()).isEqualTo(first);
      assertThat(scope).isNotNull();
    }
  }

  @Test
  void scopesFreeAllButWhatIsKept() {
    Tensor kept;
    Tensor inner;
    try (TensorScope scope = TensorScope.open()) {
      inner = Tensors.ones(DType.F32, 2, 3);
      kept = scope.keep(inner.mul(3));
    }
    assertThat(inner.isClosed()).isTrue();
    assertThat(kept.toFloatArray()).containsOnly(3f);
    kept.close();
    assertThatThrownBy(kept::numel).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void trainingStepsLeaveNoNativeHandles() {
    Tensor weight = Tensors.ones(DType.F32, 4, 4).requireGrad(true);
    long before = 0;
    for (int step = 0; step < 60; step++) {
      if (step == 10) {
        before = LiveHandles.settled();
      }
      try (TensorScope scope = TensorScope.open()) {
        Tensor x = Tensors.full(step, DType.F32, 2, 4);
        Functional.linear(x, weight, null).clamp(-5, 5).square().mean().backward();
        Tensor grad = weight.grad();
        assertThat(grad).isNotNull();
        try (GradMode off = GradMode.disabled()) {
          assertThat(off.previous()).isTrue();
          weight.addInPlace(grad, -0.01);
          grad.zeroInPlace();
        }
        assertThat(scope).isNotNull();
      }
    }
    assertThat(TorchRuntime.liveHandles()).isEqualTo(before);
    weight.close();
  }

  @Test
  void libtorchErrorsComeInOneLineWithTheShapes() {
    try (TensorScope scope = TensorScope.open()) {
      Tensor a = Tensors.ones(DType.F32, 2, 3);
      Tensor b = Tensors.ones(DType.F32, 4, 5);
      assertThatThrownBy(() -> a.matmul(b))
          .isInstanceOf(TorchException.class)
          .hasMessageContaining("matmul")
          .hasMessageContaining("fp32[2, 3]")
          .hasMessageContaining("fp32[4, 5]")
          .message()
          .doesNotContain("\n");
      assertThat(scope).isNotNull();
    }
  }

  @Test
  void partsAndExtentsThatThereAreNotAreSuchErrorsToo() {
    try (TensorScope scope = TensorScope.open()) {
      Tensor a = Tensors.ones(DType.F32, 2, 3);
      assertTold(() -> a.chunk(2, 5), "chunk");
      assertTold(() -> a.split(new long[] {1, 1}, 1), "split");
      assertTold(() -> a.size(7), "size");
      assertThat(a.chunk(3, 1)).hasSize(3);
      assertThat(a.split(new long[] {1, 2}, 1).get(1).shape()).containsExactly(2, 2);
      assertThat(scope).isNotNull();
    }
  }

  private static void assertTold(ThrowingCallable call, String operation) {
    assertThatThrownBy(call)
        .isInstanceOf(TorchException.class)
        .message()
        .contains(operation, "fp32[2, 3]")
        .doesNotContain("\n");
  }

  @Test
  void valuesGoInAndOutUnchanged() {
    try (TensorScope scope = TensorScope.open()) {
      assertThat(Tensors.of(new long[] {1, -2, 3}, 3).toLongArray()).containsExactly(1, -2, 3);
      byte[] bytes = {0, 127, -128, -1};
      assertThat(Tensors.of(bytes, 2, 2).toByteArray()).isEqualTo(bytes);
      assertThat(Tensors.of(bytes, 2, 2).toFloatArray()).containsExactly(0, 127, 128, 255);
      Tensor view = Tensors.arange(6, DType.F32).reshape(2, 3).transpose(0, 1);
      assertThat(view.toFloatArray()).containsExactly(0, 3, 1, 4, 2, 5);
      assertThat(scope).isNotNull();
    }
  }

  @Test
  void emptyTensorsHoldNoValues() {
    try (TensorScope scope = TensorScope.open()) {
      Tensor empty = Tensors.of(new float[0], 0, 3);
      assertThat(empty.shape()).containsExactly(0, 3);
      assertThat(empty.toFloatArray()).isEmpty();
      assertThat(Tensors.of(new long[0], 0).toLongArray()).isEmpty();
      assertThat(Tensors.of(new byte[0], 2, 0).toByteArray()).isEmpty();
      assertThat(scope).isNotNull();
    }
  }

  @Test
  void gradientsAccumulateIntoAGivenTensor() {
    try (TensorScope scope = TensorScope.open()) {
      Tensor flat = Tensors.zeros(DType.F32, 6);
      Tensor weight = Tensors.ones(DType.F32, 3).requireGrad(true);
      weight.accumulateGradInto(flat.narrow(0, 2, 3));
      weight.mul(2).sum().backward();
      weight.mul(3).sum().backward();
      assertThat(flat.toFloatArray()).containsExactly(0, 0, 5, 5, 5, 0);
      assertThat(scope).isNotNull();
    }
  }
}
