package io.lssgen.server.store;

import io.lssgen.errors.IoReason;
import io.lssgen.errors.LssGenException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Files of a kind in a folder, named by ids: names from elsewhere never become paths.
 *
 * @param path the folder
 * @param ending of the files' names, with its point
 */
record IdFolder(Path path, String ending) {
  static final String PNG = ".png";

  /**
   * Makes the folder if it is not there.
   *
   * @throws LssGenException if the disk refuses
   */
  IdFolder {
    try {
      Files.createDirectories(path);
    } catch (IOException e) {
      throw unusable(path, e);
    }
  }

  private static LssGenException unusable(Path path, IOException e) {
    return new LssGenException("cannot use %s: %s".formatted(path, IoReason.of(e)), e);
  }

  /** The file of this id. */
  Path file(String id) {
    if (!Ids.isId(id)) {
      throw new IllegalArgumentException("no id: " + id);
    }
    return path.resolve(id + ending);
  }

  /** The id that a file is named by; empty if it is named otherwise. */
  String id(Path file) {
    String name = file.getFileName().toString();
    String id = name.endsWith(ending) ? name.substring(0, name.length() - ending.length()) : "";
    return Ids.isId(id) ? id : "";
  }

  /**
   * All files that are there.
   *
   * @throws LssGenException if the disk refuses
   */
  List<Path> files() {
    try (Stream<Path> listed = Files.list(path)) {
      return listed.filter(Files::isRegularFile).toList();
    } catch (IOException e) {
      throw unusable(path, e);
    }
  }
}
