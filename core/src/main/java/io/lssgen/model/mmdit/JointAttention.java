package io.lssgen.model.mmdit;

import io.lssgen.nn.Attention;
import io.lssgen.tensor.Functional;
import io.lssgen.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** Attention over text and image as one sequence. */
public final class JointAttention {
  private JointAttention() {}

  /**
   * Parts [B, S, A, E], query and key of fp32 where they are turned, to [B, S, D] in value's type.
   *
   * @param rotations [S, 1, E/2, 2]; null where positions are in the tokens
   */
  public static Tensor attend(QueryKeyValue.Parts parts, @Nullable Tensor rotations) {
    Tensor value = parts.value();
    Tensor q = turned(parts.query(), rotations).to(value.dtype());
    Tensor k = turned(parts.key(), rotations).to(value.dtype());
    Tensor mixed = // [B, A, S, E]
        Attention.attend(q.transpose(1, 2), k.transpose(1, 2), value.transpose(1, 2));
    return mixed.transpose(1, 2).reshape(value.size(0), value.size(1), -1);
  }

  private static Tensor turned(Tensor x, @Nullable Tensor rotations) {
    return rotations == null ? x : Functional.rotatePairs(x, rotations);
  }
}
