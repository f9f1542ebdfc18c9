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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The pictures that jobs begin with: PNG files named by their jobs, from when these are asked for
 * until they are over. They are never served.
 */
public final class InitialPictures {
  private static final Logger LOG = LoggerFactory.getLogger(InitialPictures.class);

  private final PngFolder folder;

  /**
   * @param data the server's folder
   * @throws LssGenException if the disk refuses
   */
  public InitialPictures(Path data) {
    folder = new PngFolder(data.resolve("initial"));
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
      AtomicFile.write(folder.file(job), IfExists.REFUSE, file);
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
      return ImageFiles.read(folder.file(job));
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
    delete(folder.file(job));
  }

  /** Removes what is left of all other jobs; files of other names are left alone. */
  public void keep(Set<String> jobs) {
    for (Path file : folder.files()) {
      String id = PngFolder.id(file);
      if (AtomicFile.isTemporary(file) || (!id.isEmpty() && !jobs.contains(id))) {
        delete(file);
      }
    }
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      LOG.warn("cannot remove {}: {}", file, IoReason.of(e));
    }
  }
}
