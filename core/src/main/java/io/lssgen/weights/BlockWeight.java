package io.lssgen.weights;

import io.lssgen.nn.Weight;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Functional;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A matrix that stays in quantised blocks, as its file has them, and becomes numbers for each use,
 * some rows at a time: with hundreds of tokens that costs little beside the product, and a few bits
 * a number are all the memory it takes.
 *
 * <p>Legend: R rows, C columns.
 */
final class BlockWeight implements Weight {
  private final Tensor blocks;
  private final BlockFormat format;
  private final long[] shape;
  private final double scale;
  private @Nullable Tensor changed;

  /**
   * @param blocks uint8 [R, bytes of a row]; they stay the caller's
   * @param shape of the numbers, beginning with R
   * @param scale that they are multiplied by
   */
  BlockWeight(Tensor blocks, BlockFormat format, long[] shape, double scale) {
    this.blocks = blocks;
    this.format = format;
    this.shape = shape.clone();
    this.scale = scale;
  }

  long[] shape() {
    return shape.clone();
  }

  /** Other numbers instead, in a tensor that is this object's from now on, until {@link #reset}. */
  void change(Tensor numbers) {
    reset();
    changed = numbers.release();
  }

  /** The blocks' numbers again. */
  void reset() {
    if (changed != null) {
      changed.close();
      changed = null;
    }
  }

  @Override
  public Tensor linear(Tensor x, @Nullable Tensor bias) {
    if (changed != null) {
      return new Weight.Plain(changed).linear(x, bias);
    }
    if (x.wantsGrad()) {
      throw new IllegalStateException("gradients do not pass weights that are kept in blocks");
    }
    try (TensorScope scope = TensorScope.open()) {
      long rows = blocks.size(0);
      long columns = Blocks.columns(blocks, format);
      long step = Math.min(rows, Blocks.step(columns));
      Tensor numbers = Tensors.empty(DType.F32, step, columns);
      long[] outputs = x.shape();
      outputs[outputs.length - 1] = rows;
      Tensor all = Tensors.empty(x.dtype(), outputs);
      for (long first = 0; first < rows; first += step) {
        try (TensorScope piece = TensorScope.open()) {
          long n = Math.min(step, rows - first);
          Tensor some = numbers.narrow(0, 0, n);
          Blocks.decode(blocks.narrow(0, first, n), format, some);
          scale(some);
          Tensor own = bias == null ? null : bias.narrow(0, first, n);
          all.narrow(outputs.length - 1, first, n)
              .copyInPlace(Functional.linear(x, some.to(x.dtype()), own));
        }
      }
      return scope.keep(all);
    }
  }

  @Override
  public Tensor rows(Tensor ids, DType wanted) {
    if (changed != null) {
      return new Weight.Plain(changed).rows(ids, wanted);
    }
    try (TensorScope scope = TensorScope.open()) {
      Tensor chosen = Blocks.numbers(blocks.indexSelect(0, ids.reshape(-1)), format);
      scale(chosen);
      long[] all = Arrays.copyOf(ids.shape(), ids.dimensions() + 1);
      all[ids.dimensions()] = Blocks.columns(blocks, format);
      return scope.keep(chosen.reshape(all).to(wanted));
    }
  }

  private void scale(Tensor numbers) {
    if (scale != 1) {
      numbers.mulInPlace(scale);
    }
  }
}
