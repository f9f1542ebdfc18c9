package io.lssgen.server.store;

import io.lssgen.errors.IoReason;
import io.lssgen.errors.LssGenException;
import io.lssgen.errors.UsageException;
import io.lssgen.files.AtomicFile;
import io.lssgen.files.AtomicFile.IfExists;
import io.lssgen.image.ImageFiles;
import io.lssgen.image.PngWriter;
import io.lssgen.image.RgbImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The pictures that jobs begin with: PNG files named by their jobs, from when these are asked for
 * until they are over. They are never served.
 */
public final class InitialPictures {
  private static final Logger LOG = LoggerFactory.getLogger(InitialPictures.class);
  private static final String ENDING = ".png";

  private final Path folder;

  /**
   * @param data the server's folder
   * @throws LssGenException if the disk refuses
   */
  public InitialPictures(Path data) {
    folder = data.resolve("initial");
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new LssGenException("cannot use %s: %s".formatted(folder, IoReason.of(e)), e);
    }
  }

  /** The file of a picture. */
  public static byte[] encoded(RgbImage picture) {
    return PngWriter.encode(picture, List.of());
  }

  /**
   * Keeps a job's picture.
   *
   * @param file {@linkplain #encoded its file}
   * @throws LssGenException if the disk refuses
   */
  public void add(String job, byte[] file) {
    try {
      AtomicFile.write(file(job), IfExists.REFUSE, file);
    } catch (UsageException e) {
      throw failure("kept", e);
    }
  }

  /**
   * A job's picture.
   *
   * @throws LssGenException if it is gone
   */
  public RgbImage read(String job) {
    try {
      return ImageFiles.read(file(job));
    } catch (UsageException e) {
      throw failure("read", e);
    }
  }

  /** The client is not at fault, and need not know the folder. */
  private static LssGenException failure(String done, UsageException e) {
    LOG.error("a job's picture", e);
    return new LssGenException(
        "the picture to begin with could not be %s; the server's log says why".formatted(done), e);
  }

  /** Removes a job's picture, if it has one; where the disk refuses, the next start does. */
  public void remove(String job) {
    delete(file(job));
  }

  /** Removes what is left of all other jobs; files of other names are left alone. */
  public void keep(Set<String> jobs) {
    try (Stream<Path> files = Files.list(folder)) {
      files.filter(file -> isLeftOver(file, jobs)).forEach(InitialPictures::delete);
    } catch (IOException e) {
      throw new LssGenException("cannot read %s: %s".formatted(folder, IoReason.of(e)), e);
    }
  }

  private static boolean isLeftOver(Path file, Set<String> jobs) {
    String name = file.getFileName().toString();
    String id = name.endsWith(ENDING) ? name.substring(0, name.length() - ENDING.length()) : "";
    return AtomicFile.isTemporary(file) || (Ids.isId(id) && !jobs.contains(id));
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      LOG.warn("cannot remove {}: {}", file, IoReason.of(e));
    }
  }

  private Path file(String job) {
    if (!Ids.isId(job)) {
      throw new IllegalArgumentException("no id of a job: " + job);
    }
    return folder.resolve(job + ENDING);
  }
}
