package io.lssgen.tensor;

/**
 * Where a run's standard normal values come from. A run draws in a fixed order, so that equal
 * sources give equal images. {@code rng::randn} is one.
 */
@FunctionalInterface
public interface NormalSource {
  /** The next values: standard normal, fp32, of this shape. */
  Tensor draw(long... shape);
}
