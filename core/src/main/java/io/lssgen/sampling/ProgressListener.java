package io.lssgen.sampling;

import io.lssgen.tensor.Tensor;
import java.util.function.Supplier;

/**
 * Hears how a run goes, on the run's own thread. What it throws ends the run. The tensors it is
 * given are borrowed: they end with the call.
 */
public interface ProgressListener {
  /** Hears nothing. */
  ProgressListener NONE = new ProgressListener() {};

  /** A stage begins: noise is drawn and, after the first stage, the latent is scaled. */
  default void stageStarted(Stage stage) {}

  /** The latent stands at the stage's first noise level; evaluations begin. */
  default void denoisingStarted(Stage stage) {}

  /**
   * An evaluation of the denoiser is done.
   *
   * @param step 1 to {@link Stage#steps()}
   * @param clean the clean latent as it looks from here, [B, C, h, w] fp32, for previews; computed
   *     when asked for
   */
  default void stepDone(Stage stage, int step, Supplier<Tensor> clean) {}

  /**
   * A stage is done.
   *
   * @param clean its result, [B, C, h, w] fp32
   */
  default void stageDone(Stage stage, Tensor clean) {}
}
