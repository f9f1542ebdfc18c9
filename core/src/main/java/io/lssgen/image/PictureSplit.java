package io.lssgen.image;

import io.lssgen.errors.IoReason;
import io.lssgen.errors.LssGenException;
import io.lssgen.errors.UsageException;
import io.lssgen.files.Sha256;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Which pictures training never sees. By the hash of a picture's file name, wherever its folder is
 * and whatever else lies beside it; or by a list of names.
 *
 * @param share of the pictures that is held out, 0 to below 1; where there are names it has no
 *     effect
 * @param names of the files that are held out; empty: the hash decides
 */
public record PictureSplit(double share, Set<String> names) {
  /** What training and measuring hold out if nothing else is said. */
  public static final double DEFAULT_SHARE = 0.15;

  public PictureSplit {
    names = Set.copyOf(names);
    if (!(share >= 0 && share < 1)) {
      throw new UsageException(
          "the share of pictures that is held out must be in [0, 1), found " + share);
    }
  }

  /** By the hash of names. */
  public static PictureSplit hashed(double share) {
    return new PictureSplit(share, Set.of());
  }

  /**
   * By a text file with one name a line; lines that begin with {@code #} are remarks.
   *
   * @throws UsageException if it is missing or holds no name
   */
  public static PictureSplit listed(Path file) {
    try {
      Set<String> names =
          Files.readAllLines(file).stream()
              .map(String::strip)
              .filter(line -> !line.isEmpty() && !line.startsWith("#"))
              .collect(Collectors.toSet());
      if (names.isEmpty()) {
        throw new UsageException(file + " lists no pictures; wanted one file name a line");
      }
      return new PictureSplit(0, names);
    } catch (NoSuchFileException e) {
      throw new UsageException(file + " is missing; wanted one file name a line");
    } catch (IOException e) {
      throw new LssGenException(file + " cannot be read: " + IoReason.of(e), e);
    }
  }

  /** Whether this picture is held out. */
  public boolean holdsOut(Path picture) {
    String name = picture.getFileName().toString();
    return names.isEmpty() ? fraction(name) < share : names.contains(name);
  }

  /** In [0, 1), from the first 32 bits of the name's SHA-256. */
  private static double fraction(String name) {
    long bits = Integer.toUnsignedLong(ByteBuffer.wrap(Sha256.of(name)).getInt());
    return bits / (double) (1L << 32);
  }
}
