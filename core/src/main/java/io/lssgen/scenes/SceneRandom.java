package io.lssgen.scenes;

import java.util.List;

/**
 * The generator behind scenes and captions: <a href="https://doi.org/10.1145/2660193.2660195">
 * SplitMix64</a>, written out so that a (seed, index) gives the same scene on every Java version.
 */
final class SceneRandom {
  private static final long GOLDEN_GAMMA = 0x9e3779b97f4a7c15L;

  private long state;

  /** The generator of one item of a sequence; neighbouring indices are unrelated. */
  SceneRandom(long seed, long index) {
    state = mix(mix(seed + GOLDEN_GAMMA) ^ mix(index + 0x632be59bd9b4e019L));
  }

  private static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }

  private long next() {
    state += GOLDEN_GAMMA;
    return mix(state);
  }

  /** Uniform in [0, 1). */
  double uniform() {
    return (next() >>> 11) * 0x1.0p-53;
  }

  /** Uniform in [from, to). */
  double uniform(double from, double to) {
    return from + (to - from) * uniform();
  }

  /** Uniform in 0 to bound - 1. */
  int below(int bound) {
    return (int) (uniform() * bound);
  }

  /** True with this probability. */
  boolean chance(double probability) {
    return uniform() < probability;
  }

  /** One of the items, each as likely. */
  <T> T oneOf(List<T> items) {
    return items.get(below(items.size()));
  }
}
