package io.lssgen.tensor;

import io.lssgen.errors.IoReason;
import io.lssgen.errors.LssGenException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.Supplier;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.openblas.global.openblas_nolapack;
import org.bytedeco.pytorch.global.torch;

/**
 * Loads libtorch once per process and holds its process-wide settings.
 *
 * <p>JavaCPP counts the resident set as "its" memory and answers a big model with long garbage
 * collections; both limits are switched off before its first class loads.
 */
public final class TorchRuntime {
  /** Far more than help anywhere; where the system has no more to give, OpenMP ends the process. */
  public static final int MAXIMUM_THREADS = 1024;

  private static boolean initialised;
  private static boolean threadsSleep;
  private static int spreading;
  private static volatile BlasThreads blas = BlasThreads.LOOKED_UP;

  static {
    System.setProperty("org.bytedeco.javacpp.maxPhysicalBytes", "0");
    System.setProperty("org.bytedeco.javacpp.maxBytes", "0");
  }

  private TorchRuntime() {}

  /**
   * Loads the natives if that has not been done; thread-safe.
   *
   * @throws LssGenException if this platform has no natives on the class path
   */
  public static synchronized void initialise() {
    if (initialised) {
      return;
    }
    try {
      loadUnderLock();
    } catch (UnsatisfiedLinkError | NoClassDefFoundError e) {
      throw new LssGenException(
          "libtorch has no usable natives for "
              + System.getProperty("os.name")
              + " "
              + System.getProperty("os.arch")
              + "; wanted linux-x86_64, macosx-arm64, macosx-x86_64 or windows-x86_64, with the"
              + " org.bytedeco:pytorch artifact of that platform on the class path ("
              + e.getMessage()
              + ")",
          e);
    }
    initialised = true;
    OneDnn.prepare();
    threads(Math.min(MAXIMUM_THREADS, Runtime.getRuntime().availableProcessors()));
  }

  // Several processes that unpack into one empty cache crash each other (SIGBUS in the loader).
  private static void loadUnderLock() {
    try {
      Path cache = Loader.getCacheDir().toPath();
      Files.createDirectories(cache);
      try (FileChannel channel =
              FileChannel.open(
                  cache.resolve("lssgen.lock"),
                  StandardOpenOption.CREATE,
                  StandardOpenOption.WRITE);
          FileLock lock = channel.lock()) {
        if (!lock.isValid()) {
          throw new LssGenException("the lock on " + cache + " was lost while loading libtorch");
        }
        threadsSleep = WaitingThreads.sleep(); // read when libraries are loaded
        Loader.load(openblas_nolapack.class);
        blas = BlasThreads.of(Loader.load(torch.class));
        ProcessEnd.skipDestructors();
      }
    } catch (IOException e) {
      throw new LssGenException(
          "libtorch could not be unpacked: "
              + IoReason.of(e)
              + "; set"
              + " -Dorg.bytedeco.javacpp.cachedir to a folder that can be written",
          e);
    }
  }

  /**
   * Sets how many threads tensor operations use, in libtorch and in OpenBLAS alike (libtorch's own
   * setting does not reach OpenBLAS).
   *
   * @param count 1 to {@link #MAXIMUM_THREADS}
   */
  public static void threads(int count) {
    if (count < 1 || count > MAXIMUM_THREADS) {
      throw new IllegalArgumentException(
          "threads must be from 1 to " + MAXIMUM_THREADS + ", found " + count);
    }
    initialise();
    torch.set_num_threads(count);
    blas.set(count);
  }

  /**
   * Runs an operation that libtorch spreads over its threads and that multiplies fp32 matrices on
   * each of them. OpenBLAS would spread every product once more, and its threads wait for each
   * other, longest where other programs use the cores as well.
   */
  static <T> T spread(Supplier<T> operation) {
    int count = threads();
    if (count == 1) {
      return operation.get();
    }
    beginSpreading();
    try {
      return operation.get();
    } finally {
      endSpreading(count);
    }
  }

  private static synchronized void beginSpreading() {
    if (spreading++ == 0) {
      blas.set(1);
    }
  }

  /** OpenBLAS' setting is the process's: the last of several threads gives it back. */
  private static synchronized void endSpreading(int count) {
    if (--spreading == 0) {
      blas.set(count);
    }
  }

  /** Threads in use by tensor operations. */
  public static int threads() {
    initialise();
    return torch.get_num_threads();
  }

  /**
   * Whether threads that wait for work leave their cores to others, or the user says how they wait.
   */
  public static boolean threadsSleep() {
    initialise();
    return threadsSleep;
  }

  /** The version of libtorch and of its binding, for instance {@code 2.10.0-1.5.13}. */
  public static String version() {
    try {
      return Loader.getVersion("org.bytedeco", "pytorch");
    } catch (IOException e) {
      throw new LssGenException("the libtorch binding does not tell its version", e);
    }
  }

  /** Native handles that are alive in this process: equal before and after a loop without leaks. */
  public static long liveHandles() {
    initialise();
    return Pointer.totalCount();
  }
}
