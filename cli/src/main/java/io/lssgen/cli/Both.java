package io.lssgen.cli;

import io.lssgen.image.RgbImage;
import io.lssgen.pipeline.GenerationListener;
import io.lssgen.sampling.Stage;
import io.lssgen.sampling.StagePlan;
import io.lssgen.tensor.Tensor;
import java.util.function.Supplier;

/** Two listeners as one, each call in this order. */
record Both(GenerationListener first, GenerationListener second) implements GenerationListener {
  @Override
  public void imageStarted(int index, long seed, StagePlan plan) {
    first.imageStarted(index, seed, plan);
    second.imageStarted(index, seed, plan);
  }

  @Override
  public void stageStarted(Stage stage) {
    first.stageStarted(stage);
    second.stageStarted(stage);
  }

  @Override
  public void denoisingStarted(Stage stage) {
    first.denoisingStarted(stage);
    second.denoisingStarted(stage);
  }

  @Override
  public void stepDone(Stage stage, int step, Supplier<Tensor> clean) {
    first.stepDone(stage, step, clean);
    second.stepDone(stage, step, clean);
  }

  @Override
  public void stageDone(Stage stage, Tensor clean) {
    first.stageDone(stage, clean);
    second.stageDone(stage, clean);
  }

  @Override
  public void imageDone(int index, long seed, RgbImage image) {
    first.imageDone(index, seed, image);
    second.imageDone(index, seed, image);
  }
}
