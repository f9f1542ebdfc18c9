package io.lssgen.train;

import io.lssgen.image.RgbImage;

/**
 * An endless, numbered sequence of training pictures; picture {@code i} depends on i alone.
 * Implementations are thread-safe: batches are made on a background thread while samples are drawn
 * on the training's own, and latents are encoded from pictures made on all processors.
 */
public interface ImageSource {
  /** Neighbouring crops that sources cut from one whole, so that it is read or drawn once. */
  int CROPS_OF_ONE = 4;

  /** Picture {@code index}, {@code side} × {@code side} pixels; from any thread. */
  RgbImage image(long index, int side);
}
