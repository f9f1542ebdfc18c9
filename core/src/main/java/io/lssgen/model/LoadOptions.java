package io.lssgen.model;

import io.lssgen.tensor.DType;
import io.lssgen.weights.ParameterTree;
import java.util.Optional;

/**
 * How a model is loaded.
 *
 * @param types of computation, and of weights that are converted
 * @param tiling whether the autoencoder passes large pictures in overlapping tiles, which bounds
 *     the memory and changes the result somewhat
 * @param weights how they are kept
 */
public record LoadOptions(ComponentTypes types, boolean tiling, Weights weights) {
  /**
   * How weights are kept in memory.
   *
   * @param mapped whether those that have the wanted type already stay in their files' memory maps,
   *     to be read when they are needed and shared by all processes; else they are copied
   * @param converted whether they become the type that their component computes in; else they keep
   *     that of their files, and each is converted whenever it is used: the numbers are the same,
   *     in half of the memory where files of fp16 or bf16 are computed with in fp32
   */
  public record Weights(boolean mapped, boolean converted) {
    /** Converted, and mapped where that changes nothing. */
    public static final Weights USUAL = new Weights(true, true);

    /** Those of what computes in {@code type}. */
    public ParameterTree.Kept kept(DType type) {
      return new ParameterTree.Kept(converted ? Optional.of(type) : Optional.empty(), mapped);
    }
  }

  /** Pictures pass whole, weights are kept as usual. */
  public static LoadOptions of(DType type) {
    return new LoadOptions(ComponentTypes.all(type), false, Weights.USUAL);
  }
}
