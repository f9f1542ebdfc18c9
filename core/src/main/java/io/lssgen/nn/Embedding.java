package io.lssgen.nn;

import io.lssgen.tensor.DType;
import io.lssgen.tensor.Tensor;

/** A table of vectors. Parameter: weight [entries, D]. */
public final class Embedding {
  private final Weight weight;

  public Embedding(Parameters parameters, long entries, long width, double deviation) {
    this(parameters, entries, width, Init.normal(deviation));
  }

  /** A table whose fresh entries are filled by {@code init}. */
  public Embedding(Parameters parameters, long entries, long width, Init init) {
    weight = parameters.weight("weight", init, entries, width);
  }

  /** Ids (int64, [...]) to vectors [..., D] of type {@code type}. */
  public Tensor forward(Tensor ids, DType type) {
    return weight.rows(ids, type);
  }
}
