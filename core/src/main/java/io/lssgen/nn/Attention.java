package io.lssgen.nn;

import io.lssgen.tensor.DType;
import io.lssgen.tensor.Functional;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * softmax(q·kᵀ·scale + bias)·v: the single place that picks the kernel.
 *
 * <p>libtorch's fused kernel is used in fp32 without a bias. In bf16 it is 15 to 40 times too slow
 * on CPUs, so there the products are made by hand, for a bounded number of queries at a time.
 *
 * <p>Legend: B batch, A heads, L queries, S keys, D width of a head.
 */
public final class Attention {
  /**
   * Most scores held at once, in elements: 8 MiB in bf16. More would not stay in the cache between
   * the products (twice as slow at 4,096 tokens), fewer would spend the time on single calls.
   */
  private static final long MAX_SCORES = 1L << 22;

  private Attention() {}

  /** q [B, A, L, D], k and v [B, A, S, D] to [B, A, L, D], scaled by 1/√D. */
  public static Tensor attend(Tensor q, Tensor k, Tensor v) {
    return q.dtype() == DType.F32
        ? fused(q, k, v)
        : attend(q, k, v, 1 / Math.sqrt(q.size(-1)), null);
  }

  // Heads that lie between each other in memory make the kernel's products a tenth to a third
  // slower.
  private static Tensor fused(Tensor q, Tensor k, Tensor v) {
    try (TensorScope scope = TensorScope.open()) {
      return scope.keep(
          Functional.scaledDotProductAttention(q.contiguous(), k.contiguous(), v.contiguous()));
    }
  }

  /**
   * @param bias added to the scaled scores, broadcastable to [B, A, L, S], or null
   */
  public static Tensor attend(Tensor q, Tensor k, Tensor v, double scale, @Nullable Tensor bias) {
    long queries = q.size(2);
    long scoresPerQuery = q.size(0) * q.size(1) * k.size(2);
    long chunk = Math.max(1, Math.min(queries, MAX_SCORES / Math.max(1, scoresPerQuery)));
    try (TensorScope scope = TensorScope.open()) {
      // In rows of memory once, rather than anew for each part of the queries.
      Tensor keys = k.contiguous().transpose(2, 3); // [B, A, D, S]
      Tensor values = v.contiguous();
      Tensor scaled = q.mul(scale);
      List<Tensor> parts = new ArrayList<>();
      for (long start = 0; start < queries; start += chunk) {
        long length = Math.min(chunk, queries - start);
        parts.add(part(scaled.narrow(2, start, length), keys, values, rows(bias, start, length)));
      }
      return scope.keep(parts.size() == 1 ? parts.get(0) : Tensors.cat(parts, 2));
    }
  }

  private static Tensor part(Tensor q, Tensor keys, Tensor v, @Nullable Tensor bias) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor scores = q.matmul(keys); // [B, A, l, S]
      Tensor biased = bias == null ? scores : scores.add(bias);
      return scope.keep(biased.softmax(-1).matmul(v)); // [B, A, l, D]
    }
  }

  private static @Nullable Tensor rows(@Nullable Tensor bias, long start, long length) {
    if (bias == null || bias.size(-2) == 1) {
      return bias;
    }
    return bias.narrow(-2, start, length);
  }
}
