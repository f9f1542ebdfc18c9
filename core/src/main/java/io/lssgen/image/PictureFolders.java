package io.lssgen.image;

import io.lssgen.errors.LssGenException;
import io.lssgen.errors.UsageException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;

/** Finds pictures in folders by their names' endings; nothing is opened. */
public final class PictureFolders {
  private static final Set<String> ENDINGS = Set.of("jpg", "jpeg", "png", "webp");

  private PictureFolders() {}

  /**
   * The pictures in {@code folders} and below, also where links lead, in the order of their file
   * names; hidden files are left out.
   *
   * @throws UsageException if a folder is missing, or there is no picture in any of them
   * @throws LssGenException if one cannot be read, or a link in it leads to a folder above
   */
  public static List<Path> list(List<Path> folders) {
    List<Path> files = new ArrayList<>();
    for (Path folder : folders) {
      if (!Files.isDirectory(folder)) {
        throw new UsageException(
            "cannot find pictures in %s: there is no such folder; name one with JPEG, PNG or WebP"
                    .formatted(folder)
                + " files");
      }
      try (Stream<Path> below = Files.walk(folder, FileVisitOption.FOLLOW_LINKS)) {
        below.filter(PictureFolders::isPicture).forEach(files::add);
      } catch (IOException | UncheckedIOException e) {
        throw new LssGenException("cannot list %s: %s".formatted(folder, e.getMessage()), e);
      }
    }
    if (files.isEmpty()) {
      throw new UsageException(
          "no pictures in %s: wanted files that end in .jpg, .jpeg, .png or .webp"
              .formatted(folders));
    }
    files.sort(Comparator.comparing(file -> file.getFileName().toString() + '\0' + file));
    return files;
  }

  private static boolean isPicture(Path file) {
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    return !name.startsWith(".")
        && ENDINGS.contains(name.substring(name.lastIndexOf('.') + 1))
        && Files.isRegularFile(file);
  }
}
