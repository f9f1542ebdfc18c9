package io.lssgen.train;

import io.lssgen.tensor.DType;

/** Pairs that are encoded when they are wanted. */
final class FreshPairs implements UpsamplerPairs {
  private final PictureBatches images;
  private final int batch;
  private final PairEncoder encoder;

  /**
   * @param images closed with this
   * @param batch pictures of a micro-batch
   */
  FreshPairs(PictureBatches images, int batch, PairEncoder encoder) {
    this.images = images;
    this.batch = batch;
    this.encoder = encoder;
  }

  @Override
  public Pair get(long index) {
    return encoder.encode(images.get(index, DType.F32), index * batch);
  }

  @Override
  public void close() {
    images.close();
  }
}
