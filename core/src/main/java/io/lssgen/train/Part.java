package io.lssgen.train;

import io.lssgen.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * A stretch of a flat buffer, short enough that what an operation leaves is still in the cache for
 * the next, and that temporary results are taken from memory that is at hand.
 */
record Part(long offset, long length) {
  private static final long MOST = 1L << 18; // 1 MiB in fp32

  /** What lies from {@code start} to before {@code end}, in parts. */
  static List<Part> between(long start, long end) {
    List<Part> parts = new ArrayList<>();
    for (long offset = start; offset < end; offset += MOST) {
      parts.add(new Part(offset, Math.min(MOST, end - offset)));
    }
    return parts;
  }

  /** The part of {@code flat} that this is; shared memory. */
  Tensor of(Tensor flat) {
    return flat.narrow(0, offset, length);
  }
}
