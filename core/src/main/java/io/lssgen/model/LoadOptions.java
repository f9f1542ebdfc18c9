package io.lssgen.model;

import io.lssgen.tensor.DType;

/**
 * How a model is loaded.
 *
 * @param types of weights and computation
 * @param tiling whether the autoencoder passes large pictures in overlapping tiles, which bounds
 *     the memory and changes the result somewhat
 * @param mapped whether weights that have the wanted type already stay in their files' memory maps,
 *     to be read when they are needed and shared by all processes; else they are copied
 */
public record LoadOptions(ComponentTypes types, boolean tiling, boolean mapped) {
  /** Pictures pass whole, weights are mapped. */
  public static LoadOptions of(DType type) {
    return new LoadOptions(ComponentTypes.all(type), false, true);
  }
}
