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

  /**
   * As {@link #parameter}, for those who compute with it as a matrix and nothing else, so that it
   * may be kept in another form.
   */
  default Weight weight(String path, Init init, long... shape) {
    return new Weight.Plain(parameter(path, init, shape));
  }

  /** Whether the source has, or would make, a parameter at {@code path}. */
  boolean has(String path);
}
