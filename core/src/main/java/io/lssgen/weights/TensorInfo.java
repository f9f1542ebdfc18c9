package io.lssgen.weights;

import java.util.Arrays;
import java.util.Objects;

/**
 * Where a tensor lies in a weights file and what it is.
 *
 * @param name its name in the file
 * @param dtype its element type
 * @param shape its extents, outermost first; empty for a scalar
 * @param begin its first byte, counted from the start of the file
 * @param end the byte after its last, counted from the start of the file
 */
public record TensorInfo(String name, StoredType dtype, long[] shape, long begin, long end) {

  /** Copies the shape, so that the caller's array stays its own. */
  public TensorInfo {
    shape = shape.clone();
  }

  /** A copy of the extents, outermost first. */
  @Override
  public long[] shape() {
    return shape.clone();
  }

  /** Its length in bytes. */
  public long bytes() {
    return end - begin;
  }

  /** Its number of elements; 1 for a scalar. */
  public long elements() {
    long product = 1;
    for (long extent : shape) {
      product = Math.multiplyExact(product, extent);
    }
    return product;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TensorInfo that
        && name.equals(that.name)
        && dtype == that.dtype
        && Arrays.equals(shape, that.shape)
        && begin == that.begin
        && end == that.end;
  }

  @Override
  public int hashCode() {
    return Objects.hash(name, dtype, Arrays.hashCode(shape), begin, end);
  }

  @Override
  public String toString() {
    return "%s %s%s".formatted(name, dtype, Arrays.toString(shape));
  }
}
