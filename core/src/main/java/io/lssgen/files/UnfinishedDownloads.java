package io.lssgen.files;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Finds what download programs leave of files that did not arrive as a whole. */
public final class UnfinishedDownloads {
  /** Endings that the hub's own client, browsers, aria2 and curl-like programs use. */
  private static final List<String> ENDINGS =
      List.of(".incomplete", ".crdownload", ".part", ".aria2", ".download");

  /** Deep enough for the hub client's {@code .cache/huggingface/download/<component>/}. */
  private static final int DEPTH = 5;

  private static final int SHOWN = 3;

  private UnfinishedDownloads() {}

  /**
   * The end of a message about a file that is missing in {@code folder}: that a download was not
   * finished, with the first names; empty if nothing says so.
   *
   * @param folder of a model or a component; a snapshot of the hub's cache is known by its place
   */
  public static String hint(Path folder) {
    List<String> names =
        Stream.concat(below(folder, DEPTH), cachedBlobs(folder))
            .map(file -> file.getFileName().toString())
            .filter(name -> ENDINGS.stream().anyMatch(name::endsWith))
            .sorted()
            .toList();
    if (names.isEmpty()) {
      return "";
    }
    String first = String.join(", ", names.subList(0, Math.min(SHOWN, names.size())));
    return "; a download was not finished: found %s%s; fetch the model again"
        .formatted(first, names.size() > SHOWN ? " and others, " + names.size() : "");
  }

  /** {@code models--org--name/snapshots/<sha>} has its files' contents in {@code blobs}. */
  private static Stream<Path> cachedBlobs(Path folder) {
    for (Path at = folder.toAbsolutePath().normalize(); at != null; at = at.getParent()) {
      Path name = at.getFileName();
      if (name != null && name.toString().equals("snapshots")) {
        return below(at.resolveSibling("blobs"), 1);
      }
    }
    return Stream.empty();
  }

  private static Stream<Path> below(Path folder, int depth) {
    if (!Files.isDirectory(folder)) {
      return Stream.empty();
    }
    try (Stream<Path> files = Files.walk(folder, depth)) {
      return files.filter(Files::isRegularFile).toList().stream();
    } catch (IOException | UncheckedIOException e) {
      return Stream.empty(); // only a hint: what is missing is said all the same
    }
  }
}
