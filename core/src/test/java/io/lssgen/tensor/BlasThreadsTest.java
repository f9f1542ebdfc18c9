package io.lssgen.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.jna.NativeLibrary;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Setting threads does not stop a process that loads a library at the same time. */
@EnabledOnOs(OS.LINUX)
class BlasThreadsTest {
  private static final int LOADS = 300;

  @Test
  void threadsAreSetWhileLibrariesAreLoaded() throws Exception {
    assertThat(JavaProcess.said(JavaProcess.of(Both.class), 0)).contains("both ended");
  }

  /** Loads a library of the JDK's again and again, and sets threads meanwhile. */
  static final class Both {
    private Both() {}

    public static void main(String... arguments) throws InterruptedException {
      TorchRuntime.initialise();
      Thread loader = new Thread(Both::load);
      loader.start();
      while (loader.isAlive()) {
        TorchRuntime.threads(2);
        TorchRuntime.threads(1);
      }
      loader.join();
      System.out.println("both ended");
    }

    private static void load() {
      String library = Path.of(System.getProperty("java.home"), "lib", "libprefs.so").toString();
      for (int i = 0; i < LOADS; i++) {
        NativeLibrary.getInstance(library).close();
      }
    }
  }
}
