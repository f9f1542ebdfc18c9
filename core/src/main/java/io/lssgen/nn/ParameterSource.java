package io.lssgen.nn;

import io.lssgen.tensor.Tensor;

/** Where parameters come from: a checkpoint, a fresh model that is to be trained, shapes alone. */
public interface ParameterSource {
  /**
   * The parameter at {@code path}, for instance {@code decoder.conv_in.weight}. It stays the
   * source's to close.
   *
   * @throws io.lssgen.errors.ModelException if it is missing or of another shape
   */
  Tensor parameter(String path, Init init, long... shape);

  /** Whether the source has, or would make, a parameter at {@code path}. */
  boolean has(String path);
}
