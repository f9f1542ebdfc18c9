package io.lssgen.model;

import io.lssgen.tensor.DType;

/**
 * How a model is loaded.
 *
 * @param type the type of weights and computation, fp32 or bf16
 * @param tiling whether the autoencoder passes large pictures in overlapping tiles, which bounds
 *     the memory and changes the result somewhat
 */
public record LoadOptions(DType type, boolean tiling) {
  /** Pictures pass whole. */
  public static LoadOptions of(DType type) {
    return new LoadOptions(type, false);
  }
}
