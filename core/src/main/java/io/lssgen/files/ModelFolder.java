package io.lssgen.files;

import io.lssgen.errors.IoReason;
import io.lssgen.errors.LssGenException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Replaces a folder as a whole: the new one is written beside it and takes its place once it is
 * complete. A model's files belong together, so a folder with some of each would be worse than
 * either.
 */
public final class ModelFolder {
  private ModelFolder() {}

  /**
   * Replaces {@code folder} by what {@code writer} writes into the folder that it is given.
   *
   * @param folder made if it does not exist, and so are those above it
   * @param writer called once, with an empty folder beside {@code folder}
   * @throws LssGenException if the disk refuses; {@code folder} is then what it was, as after a
   *     failure of {@code writer}
   */
  public static void replace(Path folder, Consumer<Path> writer) {
    Path fresh = folder.resolveSibling("." + folder.getFileName() + ".new");
    Path previous = folder.resolveSibling("." + folder.getFileName() + ".previous");
    try {
      if (Files.exists(previous)) {
        // The process died between the two moves below.
        if (Files.exists(folder)) {
          delete(previous);
        } else {
          Files.move(previous, folder);
        }
      }
      delete(fresh);
      Files.createDirectories(fresh);
      writer.accept(fresh);
      swap(folder, fresh, previous);
    } catch (IOException e) {
      throw new LssGenException(
          folder + " cannot be replaced: " + IoReason.of(e) + "; the model there is unchanged", e);
    } finally {
      deleteQuietly(fresh);
    }
  }

  private static void swap(Path folder, Path fresh, Path previous) throws IOException {
    boolean replaces = Files.exists(folder);
    if (replaces) {
      Files.move(folder, previous);
    }
    try {
      Files.move(fresh, folder);
    } catch (IOException e) {
      if (replaces) {
        Files.move(previous, folder);
      }
      throw e;
    }
    deleteQuietly(previous);
  }

  private static void deleteQuietly(Path folder) {
    try {
      delete(folder);
    } catch (IOException e) {
      // The new model is in place or the failure that matters is on its way; the next run cleans.
    }
  }

  private static void delete(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    List<Path> contents;
    try (Stream<Path> all = Files.walk(folder)) {
      contents = all.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path path : contents) {
      Files.delete(path);
    }
  }
}
