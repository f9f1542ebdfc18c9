package io.lssgen.model.t5;

import io.lssgen.nn.Embedding;
import io.lssgen.nn.Init;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;

/**
 * A learnt bias for each head and each bucket of distances between two tokens (arXiv 1910.10683,
 * section 2.1). Half of the buckets are for tokens after, half for tokens before; of each half, the
 * first half is for single distances, the rest for ranges that grow by a constant factor.
 */
final class RelativePositionBias {
  /** A score that makes what is looked at e⁴ = 55 times as heavy as the rest. */
  private static final double FRESH_PREFERENCE = 4;

  private final Embedding table;
  private final int buckets;
  private final long[] bucketOfDistance;

  RelativePositionBias(Parameters parameters, T5Config config) {
    table =
        new Embedding(
            parameters, config.buckets(), config.heads(), Init.directions(FRESH_PREFERENCE));
    buckets = config.buckets();
    bucketOfDistance = bucketOfDistance(config.buckets() / 2, config.maxDistance());
  }

  /** [1, A, L, L]: what is added to the score of query (third) and key (fourth dimension). */
  Tensor forward(long length, DType type) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor values = table.forward(bucketsOf((int) length), type); // [L, L, A]
      return scope.keep(values.permute(2, 0, 1).unsqueeze(0));
    }
  }

  private Tensor bucketsOf(int length) {
    long[] places = new long[length * length];
    for (int query = 0; query < length; query++) {
      for (int key = 0; key < length; key++) {
        int distance = Math.min(Math.abs(key - query), bucketOfDistance.length - 1);
        long after = key > query ? buckets / 2 : 0;
        places[query * length + key] = after + bucketOfDistance[distance];
      }
    }
    return Tensors.of(places, length, length);
  }

  /**
   * The bucket of each distance from 0 to {@code maxDistance}. The logarithms are taken in fp32 by
   * libtorch, since distances on the border of two buckets fall as its rounding has them.
   */
  private static long[] bucketOfDistance(int half, int maxDistance) {
    int exact = half / 2;
    float[] ratios = new float[maxDistance + 1];
    for (int distance = 0; distance <= maxDistance; distance++) {
      ratios[distance] = (float) Math.max(distance, 1) / exact;
    }
    long[] buckets;
    try (TensorScope scope = TensorScope.open()) {
      Tensor steps = Tensors.of(ratios, ratios.length).log();
      buckets =
          steps
              .div(Math.log((double) maxDistance / exact))
              .mul(half - exact)
              .to(DType.I64)
              .toLongArray();
    }
    for (int distance = 0; distance <= maxDistance; distance++) {
      buckets[distance] =
          distance < exact ? distance : Math.min(exact + buckets[distance], half - 1);
    }
    return buckets;
  }
}
