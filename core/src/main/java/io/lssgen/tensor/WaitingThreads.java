package io.lssgen.tensor;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Platform;
import java.util.Map;

/**
 * How native threads wait for work: asleep. Those of GNU's OpenMP, which libtorch's operations are
 * spread over, and those of OpenBLAS, which multiply fp32 matrices, are others, and each would spin
 * for milliseconds on the cores that the others want: fp32 denoising on two cores took ten times as
 * long as on one.
 */
final class WaitingThreads {
  private static final String POLICY = "OMP_WAIT_POLICY";
  private static final String SPINS = "GOMP_SPINCOUNT";
  private static final String TIMEOUT = "OPENBLAS_THREAD_TIMEOUT";

  /** 2 to the power of it cycles, some microseconds; OpenBLAS' own is 26, some 30 milliseconds. */
  private static final String CYCLES = "12";

  private interface CLibrary extends Library {
    int setenv(String name, String value, int overwrite);
  }

  private WaitingThreads() {}

  /**
   * Sets the variables that OpenMP and OpenBLAS read when they are loaded, unless the user has said
   * how threads wait. Elsewhere than on Linux it is another OpenMP; there all is left alone.
   *
   * @return whether threads sleep, or wait as the user says
   */
  static boolean sleep() {
    if (!Platform.isLinux()) {
      return true;
    }
    Map<String, String> told = System.getenv();
    boolean policy = told.containsKey(POLICY) || told.containsKey(SPINS);
    try {
      CLibrary library = Native.load(Platform.C_LIBRARY_NAME, CLibrary.class);
      return (policy || library.setenv(POLICY, "passive", 0) == 0)
          & library.setenv(TIMEOUT, CYCLES, 0) == 0;
    } catch (UnsatisfiedLinkError | NoClassDefFoundError e) {
      return false; // JNA finds no folder to unpack to: slower, as the doctor says, but no failure
    }
  }
}
