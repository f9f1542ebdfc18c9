package io.lssgen.pipeline;

import io.lssgen.sampling.Stage;
import io.lssgen.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** Measures where a picture's time goes. One per picture. */
final class StageTimer implements GenerationListener {
  private final List<Double> denoise = new ArrayList<>();
  private double scale;
  private long since;

  @Override
  public void stageStarted(Stage stage) {
    since = System.nanoTime();
  }

  @Override
  public void denoisingStarted(Stage stage) {
    // The first stage only draws its noise: no time worth a name.
    if (stage.index() > 0) {
      scale += lap();
    }
    since = System.nanoTime();
  }

  @Override
  public void stageDone(Stage stage, Tensor clean) {
    denoise.add(lap());
  }

  private double lap() {
    return (System.nanoTime() - since) / 1e9;
  }

  /** Seconds of denoising, for each stage that is done. */
  List<Double> denoiseSeconds() {
    return List.copyOf(denoise);
  }

  /** Seconds of scaling and re-noising between the stages, together. */
  double scaleSeconds() {
    return scale;
  }
}
