package io.lssgen.model;

import io.lssgen.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * What a denoiser reads of prompts.
 *
 * <p>Legend: B prompts, L tokens, D width of a token's state, P width of the pooled vector.
 *
 * @param states [B, L, D]
 * @param pooled [B, P]; null in families that have none
 */
public record Conditioning(Tensor states, @Nullable Tensor pooled) implements AutoCloseable {
  /** How many prompts this is of. */
  public int batch() {
    return (int) states.size(0);
  }

  /** Takes the tensors out of every scope: from now on {@link #close()} frees them. */
  public Conditioning release() {
    states.release();
    if (pooled != null) {
      pooled.release();
    }
    return this;
  }

  @Override
  public void close() {
    states.close();
    if (pooled != null) {
      pooled.close();
    }
  }
}
