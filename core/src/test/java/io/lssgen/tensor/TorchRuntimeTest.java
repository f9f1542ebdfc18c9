package io.lssgen.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.jna.NativeLibrary;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.global.openblas_nolapack;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TorchRuntimeTest {
  private int before;

  @BeforeEach
  void twoThreads() {
    before = TorchRuntime.threads();
    TorchRuntime.threads(2);
  }

  @AfterEach
  void asBefore() {
    TorchRuntime.threads(before);
  }

  /** As OpenBLAS itself says. */
  private static int blasThreads() {
    return NativeLibrary.getInstance(Loader.load(openblas_nolapack.class))
        .getFunction("openblas_get_num_threads")
        .invokeInt(new Object[0]);
  }

  @Test
  void productsOfASpreadOperationHaveOneThreadEach() {
    assertThat(TorchRuntime.spread(TorchRuntimeTest::blasThreads)).isEqualTo(1);
    assertThat(blasThreads()).isEqualTo(2);
    assertThat(
            TorchRuntime.spread(
                () -> TorchRuntime.spread(() -> 0) + TorchRuntimeTest.blasThreads()))
        .as("while one of two is left")
        .isEqualTo(1);
    assertThat(blasThreads()).isEqualTo(2);
  }

  @Test
  void aFailureGivesTheThreadsBack() {
    assertThatThrownBy(
            () ->
                TorchRuntime.spread(
                    () -> {
                      throw new IllegalStateException("no shape");
                    }))
        .hasMessage("no shape");
    assertThat(blasThreads()).isEqualTo(2);
  }
}
