package io.lssgen.tensor;

import java.util.concurrent.locks.LockSupport;

/**
 * Native handles that are alive, for comparisons. What earlier tests left to the garbage collector
 * is counted until it runs, so that a count taken before it may fall below what is really held.
 */
public final class LiveHandles {
  private static final int STILL = 3;
  private static final int LOOKS = 100;

  private LiveHandles() {}

  /** The handles that are left once the collector has nothing more to free. */
  public static long settled() {
    long count = TorchRuntime.liveHandles();
    int still = 0;
    for (int look = 0; still < STILL && look < LOOKS; look++) {
      System.gc();
      LockSupport.parkNanos(20_000_000);
      long now = TorchRuntime.liveHandles();
      still = now == count ? still + 1 : 0;
      count = now;
    }
    return count;
  }
}
