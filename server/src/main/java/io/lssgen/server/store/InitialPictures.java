package io.lssgen.server.store;

import io.lssgen.errors.IoReason;
import io.lssgen.errors.LssGenException;
import io.lssgen.errors.UsageException;
import io.lssgen.files.AtomicFile;
import io.lssgen.files.AtomicFile.IfExists;
import io.lssgen.image.ImageFiles;
import io.lssgen.image.Mask;
import io.lssgen.image.PngWriter;
import io.lssgen.image.RgbImage;
import io.lssgen.pipeline.InitialPicture;
import io.lssgen.pipeline.Inpainting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The pictures that jobs begin with, and masks for them: PNG files named by their jobs, from when
 * these are asked for until they are over. They are never served.
 */
public final class InitialPictures {
  private static final Logger LOG = LoggerFactory.getLogger(InitialPictures.class);

  private final IdFolder folder;
  private final IdFolder masks;

  /**
   * @param data the server's folder
   * @throws LssGenException if the disk refuses
   */
  public InitialPictures(Path data) {
    folder = new IdFolder(data.resolve("initial"), IdFolder.PNG);
    masks = new IdFolder(data.resolve("masks"), IdFolder.PNG);
  }

  /**
   * Keeps a job's picture, and its mask if there is one.
   *
   * @throws LssGenException if the disk refuses; then some of it may be there, to be removed
   */
  public void add(String job, InitialPicture picture) {
    try {
      write(folder.file(job), picture.image());
      picture.mask().ifPresent(mask -> write(masks.file(job), mask.image()));
    } catch (UsageException e) {
      throw failure("kept", e);
    }
  }

  private static void write(Path file, RgbImage image) {
    AtomicFile.write(file, IfExists.REFUSE, PngWriter.encode(image, List.of()));
  }

  /**
   * What a job begins with.
   *
   * @param strength the job's
   * @param maskBlur how far its mask's edges were softened; null: it has none
   * @param inpainting how what lies in the mask is made anew
   * @throws LssGenException if it is gone
   */
  public InitialPicture read(
      String job, double strength, @Nullable Double maskBlur, Inpainting inpainting) {
    try {
      Optional<Mask> mask =
          maskBlur == null
              ? Optional.empty()
              : Optional.of(Mask.of(ImageFiles.read(masks.file(job)), maskBlur));
      return new InitialPicture(ImageFiles.read(folder.file(job)), strength, mask, inpainting);
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

  /**
   * Removes a job's picture and mask, if it has any; where the disk refuses, the next start does.
   */
  public void remove(String job) {
    delete(folder.file(job));
    delete(masks.file(job));
  }

  /** Removes what is left of all other jobs; files of other names are left alone. */
  public void keep(Set<String> jobs) {
    for (IdFolder each : List.of(folder, masks)) {
      for (Path file : each.files()) {
        String id = each.id(file);
        if (AtomicFile.isTemporary(file) || (!id.isEmpty() && !jobs.contains(id))) {
          delete(file);
        }
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
