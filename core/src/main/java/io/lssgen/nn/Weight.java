package io.lssgen.nn;

import io.lssgen.tensor.DType;
import io.lssgen.tensor.Functional;
import io.lssgen.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A matrix of parameters that layers compute with: [out, in], or the kernel of a 1×1 convolution,
 * [out, in, 1, 1]. It may be kept in another form than numbers of one type.
 */
public interface Weight {
  /** Numbers of one type, as a tensor has them. */
  record Plain(Tensor tensor) implements Weight {
    @Override
    public Tensor linear(Tensor x, @Nullable Tensor bias) {
      Tensor typed = tensor.to(x.dtype());
      Tensor matrix = typed.dimensions() == 2 ? typed : typed.reshape(typed.size(0), -1);
      return Functional.linear(x, matrix, bias);
    }

    @Override
    public Tensor rows(Tensor ids, DType type) {
      return Functional.embedding(ids, tensor).to(type);
    }
  }

  /**
   * x·Wᵀ + b over the last dimension: [..., in] to [..., out], in the type of {@code x}.
   *
   * @param bias [out], of that type too
   */
  Tensor linear(Tensor x, @Nullable Tensor bias);

  /** The rows that {@code ids}, int64 [...], name: [..., in] in {@code type}. */
  Tensor rows(Tensor ids, DType type);
}
