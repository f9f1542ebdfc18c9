package io.lssgen.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import io.lssgen.errors.UsageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Names the files that pictures go to. A pattern such as {@code out_%03d.png} gets the next number
 * that is free; a plain name is for one picture and must be free, unless overwriting is allowed.
 */
final class OutputNames {
  static final String DEFAULT_PATTERN = "out_%03d.png";

  private static final Pattern NUMBER = Pattern.compile("%(0?)([0-9]?)d");
  private static final int LAST_NUMBER = 9_999_999;

  /** Bytes of a file's name on all usual file systems. */
  private static final int LONGEST_NAME = 255;

  private final Path folder;
  private final String name;
  private final boolean numbered;
  private final boolean overwrite;
  private int next;

  private OutputNames(Path folder, String name, boolean numbered, boolean overwrite) {
    this.folder = folder;
    this.name = name;
    this.numbered = numbered;
    this.overwrite = overwrite;
  }

  /**
   * Checks what can be checked before any work is done.
   *
   * @param output a file name, a pattern or an existing folder; null: {@link #DEFAULT_PATTERN} in
   *     the current folder
   * @throws UsageException if no picture could be written there
   */
  static OutputNames of(@Nullable Path output, int images, boolean overwrite) {
    Path path = output == null ? Path.of(DEFAULT_PATTERN) : output;
    if (Files.isDirectory(path)) {
      path = path.resolve(DEFAULT_PATTERN);
    }
    String name = path.getFileName().toString();
    if (!name.toLowerCase(Locale.ROOT).endsWith(".png")) {
      throw new UsageException(
          "cannot write %s: wanted a name that ends in .png, or an existing folder"
              .formatted(path));
    }
    boolean numbered = isPattern(path, name);
    if (!numbered && images > 1) {
      throw new UsageException(
          "%d images do not fit into the one file %s; give a pattern such as %s"
              .formatted(images, path, name.replaceAll("(?i)\\.png$", "_%03d.png")));
    }
    if (numbered) {
      requireFolder(path);
    } else {
      requireTarget(path, overwrite);
    }
    return new OutputNames(path.resolveSibling(""), name, numbered, overwrite && !numbered);
  }

  private static boolean isPattern(Path path, String name) {
    long marks = NUMBER.matcher(name).results().count();
    if (marks > 1 || marks != name.chars().filter(c -> c == '%').count()) {
      throw new UsageException(
          "cannot write %s: wanted at most one number such as %%03d in the name, and no other %%"
              .formatted(path));
    }
    return marks == 1;
  }

  private static Path folderOf(Path file) {
    return requireNonNull(file.toAbsolutePath().getParent(), "no folder");
  }

  private static void requireFolder(Path path) {
    Path folder = folderOf(path);
    if (!Files.isDirectory(folder)) {
      throw new UsageException(
          "cannot write %s: its folder %s does not exist; make it first".formatted(path, folder));
    }
    if (!Files.isWritable(folder)) {
      throw new UsageException(
          "cannot write %s: permission denied in %s; choose another folder"
              .formatted(path, folder));
    }
    int length = path.getFileName().toString().getBytes(UTF_8).length;
    if (length > LONGEST_NAME) {
      throw new UsageException(
          "cannot write %s: its name has %d bytes, wanted at most %d; choose a shorter one"
              .formatted(path, length, LONGEST_NAME));
    }
  }

  /**
   * Checks, before any work is done, that a file can be written.
   *
   * @throws UsageException if its folder is missing or closed, its name is too long, it is a folder
   *     itself, or it is there already and overwriting is not allowed
   */
  static void requireTarget(Path file, boolean overwrite) {
    if (Files.isDirectory(file)) {
      throw new UsageException(
          "cannot write %s: wanted a file name, found a folder; name a file in it".formatted(file));
    }
    requireFolder(file);
    if (!overwrite && Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      throw new UsageException(
          "%s already exists and is not overwritten; choose another name or add --overwrite"
              .formatted(file));
    }
  }

  /**
   * Refuses a file that one of the pictures may go to.
   *
   * @param file in an existing folder
   * @throws UsageException if it is such a file
   */
  void requireOther(Path file) {
    Matcher mark = NUMBER.matcher(name);
    String names =
        mark.find()
            ? Pattern.quote(name.substring(0, mark.start()))
                + " *[0-9]+"
                + Pattern.quote(name.substring(mark.end()))
            : Pattern.quote(name);
    boolean taken = file.getFileName().toString().matches(names);
    try {
      if (taken && Files.isSameFile(folderOf(file), folder.toAbsolutePath())) {
        throw new UsageException(
            "pictures go to %s as well (--output %s); choose another name".formatted(file, name));
      }
    } catch (IOException e) {
      throw new UsageException("cannot read the folder of %s: %s".formatted(file, e));
    }
  }

  /** Whether the file of {@link #next()} may take the place of an older one. */
  boolean overwrites() {
    return overwrite;
  }

  /** The next picture's file: never one that it gave before. */
  Path next() {
    if (!numbered) {
      return folder.resolve(name);
    }
    while (true) {
      if (next > LAST_NUMBER) {
        throw new UsageException("all numbers of %s are taken".formatted(folder.resolve(name)));
      }
      Path file = folder.resolve(numbered(next++));
      if (Files.notExists(file, LinkOption.NOFOLLOW_LINKS)) {
        return file;
      }
    }
  }

  /**
   * Writes the next picture's file. Where another program took its number meanwhile, the next one
   * is taken.
   *
   * @param write throws {@link UsageException} if the file is there already
   * @return where it was written
   */
  Path put(Consumer<Path> write) {
    while (true) {
      Path file = next();
      try {
        write.accept(file);
        return file;
      } catch (UsageException e) {
        if (!numbered || Files.notExists(file, LinkOption.NOFOLLOW_LINKS)) {
          throw e;
        }
      }
    }
  }

  private String numbered(int number) {
    Matcher mark = NUMBER.matcher(name);
    return mark.replaceFirst(
        found -> {
          String width = found.group(2);
          return width.isEmpty()
              ? Integer.toString(number)
              : String.format(
                  Locale.ROOT, "%" + (found.group(1).isEmpty() ? "" : "0") + width + "d", number);
        });
  }
}
