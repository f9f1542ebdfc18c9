package io.lssgen.train;

/** Seeds for independent draws from one run's seed. */
final class Seeds {
  private Seeds() {}

  /** A well mixed seed for item {@code index} (SplitMix64's finaliser). */
  static long mix(long seed, long index) {
    long z = seed + 0x9e3779b97f4a7c15L * (index + 1);
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return (z ^ (z >>> 31)) & Long.MAX_VALUE;
  }
}
