package io.lssgen.pipeline;

import io.lssgen.image.RgbImage;
import io.lssgen.sampling.ProgressListener;
import io.lssgen.sampling.StagePlan;

/**
 * Hears how a request goes, picture by picture, and inside each of them stage by stage. On the
 * engine's thread: what takes long here delays the run, what is thrown here ends it.
 */
public interface GenerationListener extends ProgressListener {
  /** Hears nothing. */
  GenerationListener NONE = new GenerationListener() {};

  /** A picture is begun. */
  default void imageStarted(int index, long seed, StagePlan plan) {}

  /** A picture is done. */
  default void imageDone(int index, long seed, RgbImage image) {}
}
