package io.lssgen.tensor;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Platform;

/**
 * How libtorch's threads wait for work: asleep. GNU's OpenMP has them spin, and OpenBLAS, whose
 * threads are others, then finds each core taken: fp32 denoising on two cores took ten times as
 * long as on one.
 */
final class WaitingThreads {
  private static final String POLICY = "OMP_WAIT_POLICY";
  private static final String SPINS = "GOMP_SPINCOUNT";

  private interface CLibrary extends Library {
    int setenv(String name, String value, int overwrite);
  }

  private WaitingThreads() {}

  /**
   * Sets the variable that OpenMP reads when it is loaded, unless the user has said how threads
   * wait. Elsewhere than on Linux it is another OpenMP, which is left alone.
   *
   * @return whether threads sleep, or wait as the user says
   */
  static boolean sleep() {
    if (System.getenv(POLICY) != null || System.getenv(SPINS) != null || !Platform.isLinux()) {
      return true;
    }
    try {
      return Native.load(Platform.C_LIBRARY_NAME, CLibrary.class).setenv(POLICY, "passive", 0) == 0;
    } catch (UnsatisfiedLinkError | NoClassDefFoundError e) {
      return false; // JNA finds no folder to unpack to: slower, as the doctor says, but no failure
    }
  }
}
