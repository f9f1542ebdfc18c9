package io.lssgen.cli;

import io.lssgen.files.AtomicFile.IfExists;
import io.lssgen.image.RgbImage;
import io.lssgen.pipeline.GenerationListener;
import io.lssgen.pipeline.Recipe;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Writes each picture as soon as it is done, with how it was made in its file. */
final class PictureFiles implements GenerationListener {
  private final OutputNames names;
  private final Recipe recipe;
  private final List<Written> written = new ArrayList<>();

  /**
   * A picture's file.
   *
   * @param file where it is
   * @param seed that it was made with
   */
  record Written(Path file, long seed) {

    /** A line for a person, with its end. */
    String line() {
      return "%s (seed %d)%n".formatted(file, seed);
    }
  }

  PictureFiles(OutputNames names, Recipe recipe) {
    this.names = names;
    this.recipe = recipe;
  }

  /** The files so far, in the order of the pictures. */
  List<Written> written() {
    return List.copyOf(written);
  }

  @Override
  public void imageDone(int index, long seed, RgbImage image) {
    Path file =
        names.put(
            each ->
                recipe.write(
                    each, image, seed, names.overwrites() ? IfExists.REPLACE : IfExists.REFUSE));
    written.add(new Written(file, seed));
  }
}
