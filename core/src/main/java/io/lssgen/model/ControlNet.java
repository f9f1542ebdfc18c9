package io.lssgen.model;

/**
 * A loaded network that stands beside a {@link Denoiser} and makes it follow a picture (arXiv
 * 2302.05543). Used with the denoiser that opened it, on the same thread.
 */
public interface ControlNet extends AutoCloseable {
  /** Frees the weights. */
  @Override
  void close();
}
