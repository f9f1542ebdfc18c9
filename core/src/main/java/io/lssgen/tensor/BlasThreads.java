package io.lssgen.tensor;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import java.util.function.IntConsumer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.openblas.global.openblas_nolapack;

/**
 * How many threads OpenBLAS multiplies with. JavaCPP's own call for it looks the function up each
 * time, and on Linux opens libraries while it walks through the list of those that are loaded
 * (dlopen() in dl_iterate_phdr()): glibc's two locks, taken in that order, and in the other one by
 * whoever loads a library meanwhile, stop both threads and then all that start new ones.
 */
final class BlasThreads {
  private static final String SETTER = "openblas_set_num_threads";

  /** As JavaCPP sets them. */
  static final BlasThreads LOOKED_UP = new BlasThreads(BlasThreads::lookUpAndSet);

  private final IntConsumer setter;

  private BlasThreads(IntConsumer setter) {
    this.setter = setter;
  }

  /**
   * The setting of the OpenBLAS that a library multiplies with.
   *
   * @param library path of one that depends on OpenBLAS and is loaded
   */
  static BlasThreads of(String library) {
    if (Platform.isLinux()) {
      try {
        Function found = NativeLibrary.getInstance(library).getFunction(SETTER);
        return new BlasThreads(count -> found.invokeVoid(new Object[] {count}));
      } catch (UnsatisfiedLinkError | NoClassDefFoundError e) {
        // No JNA, which the doctor tells of, or another BLAS.
      }
    }
    return LOOKED_UP;
  }

  private static void lookUpAndSet(int count) {
    try (PointerScope scope = new PointerScope()) { // the binding leaves its handle unclosed
      openblas_nolapack.blas_set_num_threads(count);
    }
  }

  void set(int count) {
    setter.accept(count);
  }
}
