package io.lssgen.weights;

import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import java.util.List;

/**
 * How a tensor of ours is taken from a foreign one: as it is, a part of it, or in another order of
 * its values. What can be a view of the foreign tensor is one, so that it costs no memory.
 *
 * <p>Legend: R rows, C columns.
 */
sealed interface TensorForm {
  /** As it is. */
  TensorForm WHOLE = new Whole();

  /**
   * What our tensor is: its shape, and the bytes of the file that hold its values.
   *
   * @throws IllegalArgumentException when the foreign tensor has no shape for this
   */
  TensorInfo of(String name, TensorInfo stored);

  /** Takes it; the result belongs to the open scope. */
  Tensor take(Tensor stored);

  /** Whether whole rows are taken or moved, whatever is in them. */
  default boolean isOfRows() {
    return true;
  }

  /** This form of what {@code earlier} gives. */
  default TensorForm after(TensorForm earlier) {
    return earlier == WHOLE ? this : this == WHOLE ? earlier : new Chain(earlier, this);
  }

  private static IllegalArgumentException unfit(TensorInfo stored, String wanted) {
    return new IllegalArgumentException(
        "%s has the shape %s, wanted %s"
            .formatted(Names.quoted(stored.name()), Names.shape(stored.shape()), wanted));
  }

  private static TensorInfo with(String name, TensorInfo stored, long... shape) {
    return new TensorInfo(name, stored.dtype(), shape, stored.begin(), stored.end());
  }

  /** See {@link #WHOLE}. */
  record Whole() implements TensorForm {
    @Override
    public TensorInfo of(String name, TensorInfo stored) {
      return with(name, stored, stored.shape());
    }

    @Override
    public Tensor take(Tensor stored) {
      return stored;
    }
  }

  /** One form after the other. */
  record Chain(TensorForm first, TensorForm second) implements TensorForm {
    @Override
    public TensorInfo of(String name, TensorInfo stored) {
      return second.of(name, first.of(stored.name(), stored));
    }

    @Override
    public Tensor take(Tensor stored) {
      return second.take(first.take(stored));
    }

    @Override
    public boolean isOfRows() {
      return first.isOfRows() && second.isOfRows();
    }
  }

  /**
   * Some of the rows: {@code share} of {@code shares} equal parts after the first {@code skipped}.
   */
  record Rows(int skipped, int share, int shares) implements TensorForm {
    @Override
    public TensorInfo of(String name, TensorInfo stored) {
      long[] shape = stored.shape();
      if (shape.length == 0 || shape[0] % shares != 0) {
        throw unfit(stored, "rows in a multiple of " + shares);
      }
      shape[0] = shape[0] / shares * share;
      long part = stored.bytes() / shares;
      long begin = stored.begin() + part * skipped;
      return new TensorInfo(name, stored.dtype(), shape, begin, begin + part * share);
    }

    @Override
    public Tensor take(Tensor stored) {
      long part = stored.size(0) / shares;
      return stored.narrow(0, part * skipped, part * share);
    }
  }

  /** [2 R, …] with the second half of the rows before the first. */
  record SwappedHalves() implements TensorForm {
    @Override
    public TensorInfo of(String name, TensorInfo stored) {
      long[] shape = stored.shape();
      if (shape.length == 0 || shape[0] % 2 != 0) {
        throw unfit(stored, "an even number of rows");
      }
      return with(name, stored, shape);
    }

    @Override
    public Tensor take(Tensor stored) {
      try (TensorScope scope = TensorScope.open()) {
        long half = stored.size(0) / 2;
        return scope.keep(
            Tensors.cat(List.of(stored.narrow(0, half, half), stored.narrow(0, 0, half)), 0));
      }
    }
  }

  /** [R, C] to [C, R]. */
  record Transposed() implements TensorForm {
    @Override
    public TensorInfo of(String name, TensorInfo stored) {
      long[] shape = stored.shape();
      if (shape.length != 2) {
        throw unfit(stored, "a matrix");
      }
      return with(name, stored, shape[1], shape[0]);
    }

    @Override
    public Tensor take(Tensor stored) {
      try (TensorScope scope = TensorScope.open()) {
        return scope.keep(stored.transpose(0, 1).contiguous());
      }
    }

    @Override
    public boolean isOfRows() {
      return false;
    }
  }

  /** [R, C] to [1, R, C], which some writers shorten; what has three sides stays. */
  record Single() implements TensorForm {
    @Override
    public TensorInfo of(String name, TensorInfo stored) {
      long[] shape = stored.shape();
      return shape.length == 2
          ? with(name, stored, 1, shape[0], shape[1])
          : with(name, stored, shape);
    }

    @Override
    public Tensor take(Tensor stored) {
      return stored.dimensions() == 2 ? stored.unsqueeze(0) : stored;
    }

    @Override
    public boolean isOfRows() {
      return false;
    }
  }

  /** A 1×1 convolution's kernel [R, C, 1, 1], or [R, C, 1], to [R, C]; a matrix stays one. */
  record Matrix() implements TensorForm {
    @Override
    public TensorInfo of(String name, TensorInfo stored) {
      long[] shape = stored.shape();
      for (int i = 2; i < shape.length; i++) {
        if (shape[i] != 1) {
          throw unfit(stored, "a matrix or the kernel of a 1x1 convolution");
        }
      }
      return shape.length < 2 ? with(name, stored, shape) : with(name, stored, shape[0], shape[1]);
    }

    @Override
    public Tensor take(Tensor stored) {
      return stored.dimensions() <= 2 ? stored : stored.reshape(stored.size(0), stored.size(1));
    }
  }
}
