package io.lssgen.lora;

import io.lssgen.tensor.DType;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How the change of a weight is made of a file's small tensors. Changes are matrices here, [out, in
 * · k · k]; {@code read} gives a tensor of the file by its name.
 */
sealed interface Product {
  /** The shape of the change, [out, in] or [out, in, k, k]. */
  long[] shape();

  /** What layers are scaled by, with alpha above it; 0 if there is no such number. */
  long rank();

  /** The names of the tensors that it is made of. */
  List<String> tensors();

  /** What people call a layer with this product. */
  default String kind() {
    return "LoRA";
  }

  /** The change, in fp32 and the open scope. */
  Tensor all(Function<String, Tensor> read);

  /** Some rows of the change. */
  default Tensor rows(Function<String, Tensor> read, long first, long count) {
    return all(read).narrow(0, first, count);
  }

  /** A tensor as it is. */
  record Whole(String name, long[] shape) implements Product {
    @Override
    public long rank() {
      return 0;
    }

    @Override
    public List<String> tensors() {
      return List.of(name);
    }

    @Override
    public Tensor all(Function<String, Tensor> read) {
      return matrix(read.apply(name), shape[0]);
    }
  }

  /**
   * up · down, or up · core · down for the kernel of a convolution, where core [rank, rank, k, k]
   * holds the places (LyCORIS, arXiv 2309.14859, section 3).
   *
   * @param up [out, rank], or [rank, out] if {@code upIsTransposed}
   * @param down [rank, in, …]
   */
  record LowRank(
      String up,
      String down,
      @Nullable String core,
      boolean upIsTransposed,
      long[] shape,
      long rank)
      implements Product {
    @Override
    public List<String> tensors() {
      return core == null ? List.of(down, up) : List.of(down, up, core);
    }

    @Override
    public Tensor all(Function<String, Tensor> read) {
      return rows(read, 0, shape[0]);
    }

    @Override
    public Tensor rows(Function<String, Tensor> read, long first, long count) {
      try (TensorScope scope = TensorScope.open()) {
        Tensor left = matrix(read.apply(up), upIsTransposed ? rank : shape[0]);
        Tensor rows = (upIsTransposed ? left.transpose(0, 1) : left).narrow(0, first, count);
        Tensor right = matrix(read.apply(down), rank);
        return scope.keep(rows.matmul(core == null ? right : places(read.apply(core), right)));
      }
    }

    /** core [rank, rank, k, k] and down [rank, in] to [rank, in · k · k]. */
    private Tensor places(Tensor core, Tensor down) {
      Tensor byPlace = core.to(DType.F32).reshape(rank, rank, -1).permute(0, 2, 1);
      return byPlace.matmul(down).permute(0, 2, 1).reshape(rank, -1);
    }
  }

  /** LoHa: two products, multiplied value by value (arXiv 2108.06098). */
  record Hadamard(LowRank first, LowRank second) implements Product {
    @Override
    public long[] shape() {
      return first.shape();
    }

    @Override
    public String kind() {
      return "LoHa";
    }

    @Override
    public long rank() {
      return first.rank();
    }

    @Override
    public List<String> tensors() {
      return both(first, second);
    }

    @Override
    public Tensor all(Function<String, Tensor> read) {
      return rows(read, 0, shape()[0]);
    }

    @Override
    public Tensor rows(Function<String, Tensor> read, long from, long count) {
      try (TensorScope scope = TensorScope.open()) {
        return scope.keep(first.rows(read, from, count).mul(second.rows(read, from, count)));
      }
    }
  }

  /** LoKr: every value of the first times the whole second (arXiv 2309.14859, section 3). */
  record Kronecker(Product first, Product second) implements Product {
    @Override
    public long[] shape() {
      long[] shape = second.shape().clone();
      shape[0] *= first.shape()[0];
      shape[1] *= first.shape()[1];
      return shape;
    }

    @Override
    public String kind() {
      return "LoKr";
    }

    @Override
    public long rank() {
      return second.rank() > 0 ? second.rank() : first.rank();
    }

    @Override
    public List<String> tensors() {
      return both(first, second);
    }

    @Override
    public Tensor all(Function<String, Tensor> read) {
      try (TensorScope scope = TensorScope.open()) {
        Tensor outer = first.all(read);
        Tensor inner = second.all(read);
        Tensor product =
            outer
                .reshape(outer.size(0), 1, outer.size(1), 1)
                .mul(inner.reshape(1, inner.size(0), 1, inner.size(1)));
        return scope.keep(product.reshape(outer.size(0) * inner.size(0), -1));
      }
    }
  }

  /**
   * A product for a layer that has more inputs here, at the end: its change of those is nothing.
   *
   * @param narrow a matrix's
   */
  record Widened(Product narrow, long inputs) implements Product {
    @Override
    public long[] shape() {
      return new long[] {narrow.shape()[0], inputs};
    }

    @Override
    public String kind() {
      return narrow.kind();
    }

    @Override
    public long rank() {
      return narrow.rank();
    }

    @Override
    public List<String> tensors() {
      return narrow.tensors();
    }

    @Override
    public Tensor all(Function<String, Tensor> read) {
      return rows(read, 0, shape()[0]);
    }

    @Override
    public Tensor rows(Function<String, Tensor> read, long first, long count) {
      try (TensorScope scope = TensorScope.open()) {
        Tensor rows = narrow.rows(read, first, count);
        Tensor nothing = Tensors.zeros(rows.dtype(), count, inputs - rows.size(1));
        return scope.keep(Tensors.cat(List.of(rows, nothing), 1));
      }
    }
  }

  private static List<String> both(Product first, Product second) {
    return Stream.of(first, second).flatMap(product -> product.tensors().stream()).toList();
  }

  private static Tensor matrix(Tensor tensor, long rows) {
    return tensor.to(DType.F32).reshape(rows, -1);
  }

  /** [first, rest…] of two shapes, which is what their product has. */
  static long[] joined(long first, long[] shape) {
    return LongStream.concat(LongStream.of(first), Arrays.stream(shape).skip(1)).toArray();
  }
}
