package io.lssgen.train;

import io.lssgen.nn.Parameters;
import io.lssgen.schedule.Scheduler;
import java.nio.file.Path;
import java.util.List;

/** What differs between the families of denoisers that are trained. */
interface DenoiserFamily {
  /** Makes the model over parameters whose names begin with the folder of their component. */
  DenoiserModel model(Parameters parameters);

  /** Asks for every parameter that is trained. */
  default void ask(Parameters parameters) {
    model(parameters).close();
  }

  /** The denoiser's folder. */
  String denoiser();

  /** The text encoders' folders. */
  List<String> textEncoders();

  /** Makes sample pictures; it is the one that is exported. */
  Scheduler scheduler();

  /** Latents of a token along a side. */
  int patch();

  /** Whether a model to begin with may lack a parameter, which then begins as a fresh one does. */
  boolean mayBeginFresh(String path);

  /** Writes the whole model in the diffusers layout, but for the autoencoder. */
  default void export(FlatParameters weights, Path folder) {
    exportWeights(weights, folder);
    exportSurroundings(folder);
  }

  /** Writes denoiser and text encoders. */
  void exportWeights(FlatParameters weights, Path folder);

  /** Writes what has no weights: scheduler, tokenizers, index. */
  void exportSurroundings(Path folder);
}
