package io.lssgen.model.flux;

import io.lssgen.nn.Attention;
import io.lssgen.tensor.Functional;
import io.lssgen.tensor.Tensor;

/** Attention between rotated queries and keys. */
final class RotaryAttention {
  private RotaryAttention() {}

  /**
   * query and key fp32 [B, S, A, E], value [B, S, A, E], rotations [S, 1, E/2, 2] to [B, S, D] in
   * value's type.
   */
  static Tensor attend(Tensor query, Tensor key, Tensor value, Tensor rotations) {
    Tensor q = Functional.rotatePairs(query, rotations).to(value.dtype());
    Tensor k = Functional.rotatePairs(key, rotations).to(value.dtype());
    Tensor mixed = // [B, A, S, E]
        Attention.attend(q.transpose(1, 2), k.transpose(1, 2), value.transpose(1, 2));
    return mixed.transpose(1, 2).reshape(value.size(0), value.size(1), -1);
  }
}
