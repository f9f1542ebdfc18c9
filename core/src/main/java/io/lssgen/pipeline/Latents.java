package io.lssgen.pipeline;

import io.lssgen.tensor.DType;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.Tensors;
import java.util.Arrays;

/**
 * Latents in the denoiser's space as plain Java values, [B, C, h, w] in row-major order: what is
 * handed in and out of a run, so that no native memory crosses threads.
 *
 * @param shape B images, C channels, h and w latents
 * @param values B·C·h·w of them; the record's own, not to be written to
 */
public record Latents(long[] shape, float[] values) {

  public Latents {
    shape = shape.clone();
    if (shape.length != 4 || Arrays.stream(shape).anyMatch(extent -> extent < 1)) {
      throw new IllegalArgumentException(
          "latents are [B, C, h, w], found the shape " + Arrays.toString(shape));
    }
    long wanted = Arrays.stream(shape).reduce(1, Math::multiplyExact);
    if (values.length != wanted) {
      throw new IllegalArgumentException(
          "latents of the shape %s have %d values, found %d"
              .formatted(Arrays.toString(shape), wanted, values.length));
    }
  }

  /** The values of {@code tensor} [B, C, h, w], converted to fp32. */
  public static Latents of(Tensor tensor) {
    return new Latents(tensor.shape(), tensor.toFloatArray());
  }

  /** A copy of the extents B, C, h, w. */
  @Override
  public long[] shape() {
    return shape.clone();
  }

  /** B. */
  public int images() {
    return (int) shape[0];
  }

  /** The latents of one image, [1, C, h, w]. */
  public Latents image(int index) {
    int length = values.length / images();
    long[] single = shape();
    single[0] = 1;
    return new Latents(
        single, Arrays.copyOfRange(values, index * length, Math.multiplyExact(index + 1, length)));
  }

  /** An fp32 copy [B, C, h, w]; it belongs to the open {@link io.lssgen.tensor.TensorScope}. */
  public Tensor tensor() {
    return Tensors.of(values, shape).to(DType.F32);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Latents that
        && Arrays.equals(shape, that.shape)
        && Arrays.equals(values, that.values);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(shape) + Arrays.hashCode(values);
  }

  @Override
  public String toString() {
    return "Latents" + Arrays.toString(shape);
  }
}
