package io.lssgen.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TorchExceptionTest {
  /** More than any machine has: an exabyte. */
  private static final long TOO_MANY = 1L << 58;

  @Test
  void anAllocationThatFailsIsOutOfMemory() {
    TorchException failure =
        catchThrowableOfType(
            TorchException.class, () -> Tensors.empty(DType.F32, TOO_MANY).close());
    assertThat(failure.isOutOfMemory()).isTrue();
  }

  @Test
  void aWrongShapeIsNot() {
    try (Tensor a = Tensors.ones(DType.F32, 2);
        Tensor b = Tensors.ones(DType.F32, 3)) {
      TorchException failure = catchThrowableOfType(TorchException.class, () -> a.add(b).close());
      assertThat(failure.isOutOfMemory()).isFalse();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"std::bad_alloc", "unable to mmap 8 bytes from file: Cannot allocate memory (12)"})
  void theRuntimesAndTheSystemsWordsAreKnown(String message) {
    assertThat(TorchException.of("map", new RuntimeException(message)).isOutOfMemory()).isTrue();
  }
}
