package io.lssgen.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Tells whether a person watches the error stream, where progress is shown. */
final class Terminal {
  private static final Path ERROR_STREAM = Path.of("/proc/self/fd/2");

  private Terminal() {}

  /**
   * Whether the process's error stream is a terminal. Java itself tells only whether all its
   * streams are: that is the answer where the system has no {@code /proc}.
   */
  static boolean showsErrors() {
    if (Files.isSymbolicLink(ERROR_STREAM)) {
      try {
        String target = Files.readSymbolicLink(ERROR_STREAM).toString();
        return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
      } catch (IOException e) {
        return false;
      }
    }
    return System.console() != null;
  }
}
