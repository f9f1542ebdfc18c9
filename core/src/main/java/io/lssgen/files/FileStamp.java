package io.lssgen.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import org.jspecify.annotations.Nullable;

/**
 * Tells whether a path still names the file it named before, without reading it: equal stamps of a
 * path mean that nobody wrote to the file or put another one in its place.
 *
 * @param bytes its length
 * @param modified when it was written last
 * @param key the file system's own name of it; null where there is none
 */
public record FileStamp(long bytes, FileTime modified, @Nullable Object key) {

  /**
   * The stamp of the file that {@code path} names now.
   *
   * @throws IOException if there is none or its attributes cannot be read
   */
  public static FileStamp of(Path path) throws IOException {
    BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
    return new FileStamp(attributes.size(), attributes.lastModifiedTime(), attributes.fileKey());
  }
}
