package io.lssgen.train;

import io.lssgen.tensor.Tensor;

/** Where an upsampler's micro-batches come from. */
interface UpsamplerPairs extends AutoCloseable {
  /**
   * Micro-batch {@code index}, which depends on the index alone.
   *
   * @return tensors that belong to the open scope
   */
  Pair get(long index);

  @Override
  void close();

  /**
   * Pictures and their latents at both sizes, all in one type.
   *
   * @param low latents of the halved pictures, [B, C, h, w]
   * @param high what they are to become, see {@link PairTarget}, [B, C, 2h, 2w]
   * @param pictures [B, 3, H, W], values in [−1, 1]
   */
  record Pair(Tensor low, Tensor high, Tensor pictures) {
    /** The first {@code count} of them. */
    Pair first(int count) {
      return new Pair(
          low.narrow(0, 0, count), high.narrow(0, 0, count), pictures.narrow(0, 0, count));
    }
  }
}
