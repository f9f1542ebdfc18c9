package io.lssgen.cli;

import io.lssgen.eval.SceneEvaluation;
import io.lssgen.eval.TrueScenes;
import io.lssgen.scenes.SceneVocabulary;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What the detector's own accuracy is measured on: the prompts' scenes as they are drawn, and what
 * a model's autoencoder leaves of them. Opening it checks all of it, before hours of painting.
 *
 * @param drawn draws the scenes; empty: there is no artwork
 * @param autoencoder that they pass through; empty: there is no such column
 * @param notes what the reader of the report should know, a sentence each
 */
record TrueColumns(
    Optional<SceneEvaluation.Painter> drawn,
    Optional<TrueScenes.Autoencoder> autoencoder,
    List<String> notes)
    implements AutoCloseable {

  /**
   * Opens artwork and autoencoder.
   *
   * @param side of the pictures in pixels
   * @param vae folder of an autoencoder; empty: there is none
   * @throws io.lssgen.errors.UsageException if the autoencoder cannot take pictures of this side
   * @throws io.lssgen.errors.LssGenException if artwork or autoencoder are incomplete or damaged
   */
  static TrueColumns open(
      SceneVocabulary vocabulary, ArtworkOption artwork, int side, Optional<Path> vae) {
    if (!artwork.isThere()) {
      String note =
          "The detector's own accuracy was not measured: %s holds no artwork; run tools/fetch-emoji.sh"
              .formatted(artwork.folder());
      return new TrueColumns(Optional.empty(), Optional.empty(), List.of(note));
    }
    Optional<SceneEvaluation.Painter> drawn =
        Optional.of(TrueScenes.drawn(vocabulary, artwork.folder(), side));
    if (vae.isEmpty()) {
      return new TrueColumns(drawn, Optional.empty(), List.of());
    }
    String found = TrueScenes.Autoencoder.classOf(vae.get());
    if (!found.equals(TrueScenes.Autoencoder.CLASS)) {
      String note =
          "The column \"true, decoded\" is left out: %s is an %s, and only an %s can be measured"
              .formatted(vae.get(), found, TrueScenes.Autoencoder.CLASS);
      return new TrueColumns(drawn, Optional.empty(), List.of(note));
    }
    return new TrueColumns(drawn, Optional.of(autoencoder(vae.get(), side)), List.of());
  }

  private static TrueScenes.Autoencoder autoencoder(Path folder, int side) {
    TrueScenes.Autoencoder autoencoder = new TrueScenes.Autoencoder(folder);
    try {
      autoencoder.requireSide(side);
      return autoencoder;
    } catch (RuntimeException e) {
      autoencoder.close();
      throw e;
    }
  }

  /** The scenes as the autoencoder leaves them. */
  Optional<SceneEvaluation.Painter> decoded() {
    return drawn.flatMap(painter -> autoencoder.map(each -> each.decoded(painter)));
  }

  @Override
  public void close() {
    autoencoder.ifPresent(TrueScenes.Autoencoder::close);
  }
}
