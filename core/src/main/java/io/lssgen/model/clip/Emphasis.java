package io.lssgen.model.clip;

import io.lssgen.errors.UsageException;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import io.lssgen.text.PromptChunk;
import java.util.ArrayList;
import java.util.List;

/**
 * What the weights of a prompt do to what a text encoder makes of it, as AUTOMATIC1111's web
 * interface does it by default (there called "Original"): each token's state is multiplied by its
 * weight, then all states of the chunk by one number that gives them their former mean.
 *
 * <p>Legend: B prompts, L tokens of a chunk, D width.
 */
final class Emphasis {
  private Emphasis() {}

  /**
   * @param states [B, L, D]
   * @param chunks of each prompt the one that the states are of
   * @return [B, L, D], of prompts without weights the very same values
   */
  static Tensor apply(Tensor states, List<PromptChunk> chunks) {
    if (chunks.stream().noneMatch(PromptChunk::isWeighted)) {
      return states;
    }
    try (TensorScope scope = TensorScope.open()) {
      List<Tensor> rows = new ArrayList<>();
      for (int i = 0; i < chunks.size(); i++) {
        Tensor row = states.select(0, i); // [L, D]
        rows.add(chunks.get(i).isWeighted() ? weighted(row, chunks.get(i)) : row);
      }
      return scope.keep(Tensors.stack(rows, 0));
    }
  }

  /** [L, D], computed in fp32: the mean of many values is close to 0. */
  private static Tensor weighted(Tensor row, PromptChunk chunk) {
    Tensor exact = row.to(DType.F32);
    Tensor scaled = exact.mul(Tensors.of(chunk.weights(), chunk.tokens().size(), 1));
    Tensor result = scaled.mul(exact.mean().div(scaled.mean())).to(row.dtype());
    if (!result.allFinite()) {
      throw new UsageException(
          "the prompt's weights make its encoding overflow: use weights near 1, as in (word:1.2)");
    }
    return result;
  }
}
