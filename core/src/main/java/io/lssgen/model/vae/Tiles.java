package io.lssgen.model.vae;

import io.lssgen.tensor.DType;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Passes a large picture or latent through a network in square tiles that overlap by a quarter, and
 * blends the results linearly where they overlap, as diffusers' {@code AutoencoderKL.enable_tiling}
 * does: the memory no longer grows with the picture. Each tile is normalised by itself, so the
 * result differs somewhat from the whole's.
 *
 * @param side of a tile that enters
 * @param resultSide of the tile that it becomes
 */
record Tiles(int side, int resultSide) {
  private static final double OVERLAP = 0.25;

  /** x [B, C, H, W] to what {@code network} would make of it, about. */
  Tensor pass(Tensor x, UnaryOperator<Tensor> network) {
    try (TensorScope scope = TensorScope.open()) {
      List<Tensor> rows = new ArrayList<>();
      List<Tensor> above = List.of();
      for (long top = 0; top < x.size(2); top += stride()) {
        List<Tensor> row = row(x, top, above, network);
        rows.add(Tensors.cat(row.stream().map(this::withoutOverlap).toList(), 3));
        above = row;
      }
      return scope.keep(Tensors.cat(rows, 2));
    }
  }

  private int stride() {
    return (int) (side * (1 - OVERLAP));
  }

  private int overlap() {
    return (int) (resultSide * OVERLAP);
  }

  /** The results of one row of tiles, blended into those above and before them. */
  private List<Tensor> row(Tensor x, long top, List<Tensor> above, UnaryOperator<Tensor> network) {
    List<Tensor> row = new ArrayList<>();
    for (long left = 0; left < x.size(3); left += stride()) {
      try (TensorScope scope = TensorScope.open()) {
        int j = row.size();
        Tensor result = network.apply(part(part(x, 2, top, side), 3, left, side));
        if (!above.isEmpty()) {
          result = blend(above.get(j), result, 2);
        }
        if (j > 0) {
          result = blend(row.get(j - 1), result, 3);
        }
        row.add(scope.keep(result));
      }
    }
    return row;
  }

  /**
   * {@code tile}, whose first entries along {@code dim} begin as the last ones of {@code before}.
   */
  private Tensor blend(Tensor before, Tensor tile, int dim) {
    long extent = Math.min(overlap(), Math.min(before.size(dim), tile.size(dim)));
    long[] shape = {1, 1, 1, 1};
    shape[dim] = extent;
    Tensor ramp = Tensors.arange(extent, DType.F32).div(extent); // [extent], the tile's share
    Tensor share = ramp.reshape(shape).to(tile.dtype());
    Tensor ending = before.narrow(dim, before.size(dim) - extent, extent);
    Tensor beginning = tile.narrow(dim, 0, extent);
    Tensor blended = ending.add(beginning.sub(ending).mul(share));
    Tensor rest = tile.narrow(dim, extent, tile.size(dim) - extent);
    return Tensors.cat(List.of(blended, rest), dim);
  }

  private Tensor withoutOverlap(Tensor tile) {
    int wanted = resultSide - overlap();
    return part(part(tile, 2, 0, wanted), 3, 0, wanted);
  }

  private static Tensor part(Tensor x, int dim, long start, long length) {
    return x.narrow(dim, start, Math.min(length, x.size(dim) - start));
  }
}
