package io.lssgen.cli;

import io.lssgen.errors.UsageException;
import io.lssgen.scenes.EmojiArtwork;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Where the artwork is that true scenes are drawn from. */
final class ArtworkOption {
  @Option(
      names = "--artwork",
      paramLabel = "DIR",
      description = "What tools/fetch-emoji.sh fetched. Default: where it puts it.")
  private Path folder = EmojiArtwork.defaultFolder();

  /** The folder. */
  Path folder() {
    return folder;
  }

  /** Whether there is any. */
  boolean isThere() {
    return Files.isDirectory(folder);
  }

  /**
   * Checks that there is some.
   *
   * @throws UsageException if there is none
   */
  void require() {
    if (!isThere()) {
      throw new UsageException(
          folder
              + " holds no artwork to draw scenes with; run tools/fetch-emoji.sh, or name its"
              + " folder with --artwork");
    }
  }
}
