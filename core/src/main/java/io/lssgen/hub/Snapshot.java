package io.lssgen.hub;

import io.lssgen.errors.LssGenException;
import io.lssgen.model.ModelIndex;
import io.lssgen.weights.Checkpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What is there of a model's commit.
 *
 * @param folder in which its files are
 * @param standIns plain weights that are not there, so that the only variant stands in for them
 * @param lacking files that are wanted and not there
 */
record Snapshot(Path folder, List<String> standIns, List<String> lacking) {
  Snapshot {
    standIns = List.copyOf(standIns);
    lacking = List.copyOf(lacking);
  }

  /**
   * Looks through {@code folder}. Links that lead nowhere count as no file.
   *
   * @throws io.lssgen.errors.ModelException if what is there can never become a model
   */
  static Snapshot of(Path folder, WantedWeights wanted) {
    Set<String> files = files(folder);
    NeededFiles needed;
    if (files.contains(NeededFiles.INDEX)) {
      needed = NeededFiles.ofPipeline(ModelIndex.read(folder), files, wanted);
    } else if (NeededFiles.isComponent(files)) {
      needed = NeededFiles.ofComponent(files, wanted);
    } else {
      return new Snapshot(folder, List.of(), List.of(NeededFiles.INDEX));
    }
    List<String> lacking = new ArrayList<>(needed.lacking());
    for (String index : needed.indices()) {
      String prefix = index.substring(0, index.lastIndexOf('/') + 1);
      Checkpoint.parts(folder.resolve(index)).stream()
          .map(part -> prefix + part)
          .filter(part -> !files.contains(part))
          .forEach(lacking::add);
    }
    return new Snapshot(folder, needed.standIns(), lacking);
  }

  private static Set<String> files(Path folder) {
    if (!Files.isDirectory(folder)) {
      return Set.of();
    }
    try (Stream<Path> paths = Files.walk(folder, 2)) {
      return paths
          .filter(Files::isRegularFile)
          .map(path -> folder.relativize(path).toString().replace('\\', '/'))
          .collect(Collectors.toCollection(TreeSet::new));
    } catch (IOException e) {
      throw new LssGenException("cannot list %s: %s".formatted(folder, e), e);
    }
  }

  /** Whether nothing is missing; whether plain weights could be had is not told. */
  boolean isComplete() {
    return lacking.isEmpty();
  }
}
