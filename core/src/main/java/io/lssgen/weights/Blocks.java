package io.lssgen.weights;

import io.lssgen.tensor.DType;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import io.lssgen.tensor.TorchRuntime;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.stream.IntStream;

/** Makes quantised blocks into numbers, on as many threads as tensor operations use. */
final class Blocks {
  /** Numbers that are made at a time, so that they stay in the cache. */
  private static final long PIECE = 1 << 22;

  /** Numbers that a thread makes before it puts them where they belong. */
  private static final int RUN = 1 << 13;

  private Blocks() {}

  /**
   * All numbers of some blocks, a piece at a time.
   *
   * @param bytes uint8, whole blocks, contiguous
   * @return fp32 in one dimension
   */
  static Tensor numbers(Tensor bytes, BlockFormat format) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor blocks = bytes.reshape(-1);
      long count = blocks.numel() / format.bytes();
      Tensor all = Tensors.empty(DType.F32, count * format.elements());
      long step = PIECE / format.elements();
      for (long first = 0; first < count; first += step) {
        try (TensorScope piece = TensorScope.open()) {
          long n = Math.min(step, count - first);
          decode(
              blocks.narrow(0, first * format.bytes(), n * format.bytes()),
              format,
              all.narrow(0, first * format.elements(), n * format.elements()));
        }
      }
      return scope.keep(all);
    }
  }

  /** Rows of so many numbers that are made at a time. */
  static long step(long columns) {
    return Math.max(1, PIECE / columns);
  }

  /** How many numbers a row of so many bytes holds. */
  static long columns(Tensor rows, BlockFormat format) {
    return rows.size(1) / format.bytes() * format.elements();
  }

  /**
   * Makes some blocks into numbers.
   *
   * @param bytes uint8, whole blocks, contiguous, below 2 GiB
   * @param target fp32, contiguous, below 2 GiB, which is filled
   */
  static void decode(Tensor bytes, BlockFormat format, Tensor target) {
    int count = Math.toIntExact(bytes.numel() / format.bytes());
    ByteBuffer from = bytes.memory();
    FloatBuffer to = target.memory().asFloatBuffer();
    int run = RUN / format.elements();
    int parts = Math.max(1, Math.min(TorchRuntime.threads(), count / run));
    IntStream shares = IntStream.range(0, parts);
    (parts > 1 ? shares.parallel() : shares)
        .forEach(
            part -> {
              byte[] blocks = new byte[run * format.bytes()];
              float[] numbers = new float[run * format.elements()];
              int end = (int) ((part + 1L) * count / parts);
              for (int first = (int) ((long) part * count / parts); first < end; first += run) {
                int n = Math.min(run, end - first);
                from.get(first * format.bytes(), blocks, 0, n * format.bytes());
                format.run().decode(blocks, numbers, n);
                to.put(first * format.elements(), numbers, 0, n * format.elements());
              }
            });
  }
}
