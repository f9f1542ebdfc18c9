package io.lssgen.train;

import io.lssgen.tensor.DType;
import io.lssgen.tensor.Rng;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.Tensors;
import org.jspecify.annotations.Nullable;

/** What a denoiser in training shall predict. */
interface VelocityTarget extends AutoCloseable {
  /**
   * One micro-batch.
   *
   * @param clean data, fp32 [B, C, h, w]
   * @param noise standard normal, same shape
   * @param noisy the mixture of both that the denoiser sees
   * @param sigmas noise levels [B]
   * @param clipIds tokens [B, L]
   * @param t5Ids tokens [B, M]
   * @param guidance the guidance scale that the denoiser is told, [B]; null if it takes none
   */
  record Sample(
      Tensor clean,
      Tensor noise,
      Tensor noisy,
      Tensor sigmas,
      Tensor clipIds,
      Tensor t5Ids,
      @Nullable Tensor guidance) {}

  /** Guidance scales for {@code size} images, fp32 [size]. */
  Tensor guidance(int size, Rng rng);

  /** The wanted velocity, fp32 [B, C, h, w]. */
  Tensor velocity(Sample sample);

  @Override
  void close();

  /** Rectified flow's own target: noise − data; the guidance scale is always 1. */
  static VelocityTarget ofData() {
    return new VelocityTarget() {
      @Override
      public Tensor guidance(int size, Rng rng) {
        return Tensors.ones(DType.F32, size);
      }

      @Override
      public Tensor velocity(Sample sample) {
        return sample.noise().sub(sample.clean());
      }

      @Override
      public void close() {}
    };
  }
}
