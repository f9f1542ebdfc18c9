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
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The pictures that jobs begin with, masks for them, and those that they follow: PNG files named by
 * their jobs, from when these are asked for until they are over. They are never served.
 */
public final class InitialPictures {
  /** How many pictures a job may follow. */
  public static final int MOST_FOLLOWED = 3;

  private static final Logger LOG = LoggerFactory.getLogger(InitialPictures.class);

  private final IdFolder folder;
  private final IdFolder masks;
  private final List<IdFolder> followed;

  /**
   * @param data the server's folder
   * @throws LssGenException if the disk refuses
   */
  public InitialPictures(Path data) {
    folder = new IdFolder(data.resolve("initial"), IdFolder.PNG);
    masks = new IdFolder(data.resolve("masks"), IdFolder.PNG);
    followed =
        IntStream.range(0, MOST_FOLLOWED)
            .mapToObj(i -> new IdFolder(data.resolve("followed" + i), IdFolder.PNG))
            .toList();
  }

  /**
   * Keeps what came with a job.
   *
   * @throws LssGenException if the disk refuses; then some of it may be there, to be removed
   */
  public void add(String job, JobPictures pictures) {
    try {
      InitialPicture begun = pictures.begun();
      if (begun != null) {
        write(folder.file(job), begun.image());
        begun.mask().ifPresent(mask -> write(masks.file(job), mask.image()));
      }
      for (int i = 0; i < pictures.followed().size(); i++) {
        write(followed.get(i).file(job), pictures.followed().get(i).image());
      }
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

  /**
   * A picture that a job follows.
   *
   * @param index which of them
   * @throws LssGenException if it is gone
   */
  public RgbImage readFollowed(String job, int index) {
    try {
      return ImageFiles.read(followed.get(index).file(job));
    } catch (UsageException e) {
      throw failure("read", e);
    }
  }

  /** The client is not at fault, and need not know the folder. */
  private static LssGenException failure(String done, UsageException e) {
    LOG.error("a job's picture", e);
    return new LssGenException(
        "a picture that came with the job could not be %s; the server's log says why"
            .formatted(done),
        e);
  }

  /** Removes what came with a job, if anything did; where the disk refuses, the next start does. */
  public void remove(String job) {
    all().forEach(each -> delete(each.file(job)));
  }

  private Stream<IdFolder> all() {
    return Stream.concat(Stream.of(folder, masks), followed.stream());
  }

  /** Removes what is left of all other jobs; files of other names are left alone. */
  public void keep(Set<String> jobs) {
    for (IdFolder each : all().toList()) {
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
