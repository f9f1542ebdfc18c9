package io.lssgen.weights;

import io.lssgen.tensor.DType;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import io.lssgen.tensor.TorchRuntime;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.stream.IntStream;

/** Makes rows of quantised blocks into numbers, on as many threads as tensor operations use. */
final class Blocks {
  /** Numbers that are made at a time, so that they stay in the cache. */
  private static final long PIECE = 1 << 22;

  private Blocks() {}

  /**
   * All numbers of {@code rows}, a piece at a time.
   *
   * @param rows uint8 [R, bytes of a row]
   * @return fp32 [R, numbers of a row]
   */
  static Tensor numbers(Tensor rows, BlockFormat format) {
    try (TensorScope scope = TensorScope.open()) {
      long count = rows.size(0);
      long columns = columns(rows, format);
      Tensor all = Tensors.empty(DType.F32, count, columns);
      long step = step(columns);
      for (long first = 0; first < count; first += step) {
        try (TensorScope piece = TensorScope.open()) {
          long n = Math.min(step, count - first);
          decode(rows.narrow(0, first, n), format, all.narrow(0, first, n));
        }
      }
      return scope.keep(all);
    }
  }

  /** Rows of so many numbers that are made at a time. */
  static long step(long columns) {
    return Math.max(1, PIECE / columns);
  }

  static long columns(Tensor rows, BlockFormat format) {
    return rows.size(1) / format.bytes() * format.elements();
  }

  /**
   * Makes some rows into numbers.
   *
   * @param rows uint8 [n, bytes of a row], contiguous
   * @param target fp32 [n, numbers of a row], contiguous, which is filled
   */
  static void decode(Tensor rows, BlockFormat format, Tensor target) {
    int count = Math.toIntExact(rows.size(0));
    int rowBytes = Math.toIntExact(rows.size(1));
    int columns = Math.toIntExact(target.size(1));
    ByteBuffer from = rows.memory();
    FloatBuffer to = target.memory().asFloatBuffer();
    int parts = Math.min(TorchRuntime.threads(), count);
    IntStream shares = IntStream.range(0, parts);
    (parts > 1 ? shares.parallel() : shares)
        .forEach(
            part -> {
              byte[] blocks = new byte[rowBytes];
              float[] numbers = new float[columns];
              for (int row = part; row < count; row += parts) {
                from.get(row * rowBytes, blocks);
                format.decode(blocks, numbers);
                to.put(row * columns, numbers);
              }
            });
  }
}
