package io.lssgen.nn;

import io.lssgen.tensor.DType;
import io.lssgen.tensor.Functional;
import io.lssgen.tensor.Tensor;

/** A table of vectors. Parameter: weight [entries, D]. */
public final class Embedding {
  private final Tensor weight;

  public Embedding(Parameters parameters, long entries, long width, double deviation) {
    weight = parameters.tensor("weight", Init.normal(deviation), entries, width);
  }

  /** Ids (int64, [...]) to vectors [..., D] of type {@code type}. */
  public Tensor forward(Tensor ids, DType type) {
    return Functional.embedding(ids, weight).to(type);
  }
}
