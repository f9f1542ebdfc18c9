package io.lssgen.pipeline;

import io.lssgen.image.RgbImage;
import io.lssgen.sampling.ProgressListener;
import io.lssgen.sampling.Stage;
import io.lssgen.sampling.StagePlan;
import io.lssgen.tensor.Tensor;
import java.util.function.Supplier;

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

  /** Both listeners, each call to this one first. */
  default GenerationListener and(GenerationListener other) {
    GenerationListener first = this;
    return new GenerationListener() {
      @Override
      public void imageStarted(int index, long seed, StagePlan plan) {
        first.imageStarted(index, seed, plan);
        other.imageStarted(index, seed, plan);
      }

      @Override
      public void stageStarted(Stage stage) {
        first.stageStarted(stage);
        other.stageStarted(stage);
      }

      @Override
      public void denoisingStarted(Stage stage) {
        first.denoisingStarted(stage);
        other.denoisingStarted(stage);
      }

      @Override
      public void stepDone(Stage stage, int step, Supplier<Tensor> clean) {
        first.stepDone(stage, step, clean);
        other.stepDone(stage, step, clean);
      }

      @Override
      public void stageDone(Stage stage, Tensor clean) {
        first.stageDone(stage, clean);
        other.stageDone(stage, clean);
      }

      @Override
      public void imageDone(int index, long seed, RgbImage image) {
        first.imageDone(index, seed, image);
        other.imageDone(index, seed, image);
      }
    };
  }
}
