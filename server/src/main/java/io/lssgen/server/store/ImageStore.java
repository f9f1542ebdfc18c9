package io.lssgen.server.store;

import io.lssgen.errors.IoReason;
import io.lssgen.errors.LssGenException;
import io.lssgen.files.AtomicFile;
import io.lssgen.files.AtomicFile.IfExists;
import io.lssgen.image.AiDisclosure;
import io.lssgen.image.GenerationMetadata;
import io.lssgen.image.PngText;
import io.lssgen.image.PngWriter;
import io.lssgen.image.RgbImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The pictures: PNG files in a folder, named by their ids, and a row for each. The file comes first
 * and whole, then the row; so a row always has its file. What a process that died left half done is
 * removed at the next start, and nothing else: a picture without a row may be someone's, whose
 * database was lost.
 */
public final class ImageStore {
  private static final Logger LOG = LoggerFactory.getLogger(ImageStore.class);

  private static final String COLUMNS =
      "number, id, job, position, seed, width, height, created, model, prompt, parameters, starred";

  private final Database database;
  private final IdFolder folder;

  /**
   * @param data the server's folder
   * @throws LssGenException if the disk refuses
   */
  public ImageStore(Database database, Path data) {
    this.database = database;
    folder = new IdFolder(data.resolve("images"), IdFolder.PNG);
    try {
      removeLeftovers();
    } catch (IOException e) {
      throw new LssGenException("cannot use %s: %s".formatted(folder.path(), IoReason.of(e)), e);
    }
  }

  private void removeLeftovers() throws IOException {
    int strangers = 0;
    for (Path file : folder.files()) {
      String id = folder.id(file);
      if (AtomicFile.isTemporary(file) || (!id.isEmpty() && isDeleted(id))) {
        Files.deleteIfExists(file);
      } else if (id.isEmpty() || find(id).isEmpty()) {
        strangers++;
      }
    }
    if (strangers > 0) {
      LOG.warn(
          "{} files in {} are in no gallery of this server; left alone", strangers, folder.path());
    }
  }

  /**
   * Keeps a picture for good.
   *
   * @param metadata how it was made, which goes into the file too
   * @return its id
   * @throws LssGenException if the disk refuses; nothing is kept then
   */
  public String add(
      String job, int position, long seed, RgbImage image, GenerationMetadata metadata) {
    String id = Ids.draw();
    List<PngText> texts = new ArrayList<>(metadata.toPngTexts());
    texts.add(AiDisclosure.toPngText(metadata.settings()));
    AtomicFile.write(folder.file(id), IfExists.REFUSE, PngWriter.encode(image, texts));
    database.change(
        "INSERT INTO image (id, job, position, seed, width, height, created, model, prompt,"
            + " parameters) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        id,
        job,
        position,
        seed,
        image.width(),
        image.height(),
        System.currentTimeMillis(),
        metadata.settings().getOrDefault("Model", ""),
        metadata.prompt(),
        metadata.toParameters());
    return id;
  }

  /** The picture of this name, if it was not deleted. */
  public Optional<StoredImage> find(String id) {
    return database.first(
        ImageStore::row, "SELECT " + COLUMNS + " FROM image WHERE id = ? AND deleted = 0", id);
  }

  /** Whether there was a picture of this name, which was deleted. */
  public boolean isDeleted(String id) {
    return database.value("SELECT 1 FROM image WHERE id = ? AND deleted = 1", id).isPresent();
  }

  /** The job's pictures in their order, without those that were deleted. */
  public List<StoredImage> ofJob(String job) {
    return database.rows(
        ImageStore::row,
        "SELECT " + COLUMNS + " FROM image WHERE job = ? AND deleted = 0 ORDER BY position",
        job);
  }

  /** The first position at which the job has no picture yet. */
  public int nextPosition(String job) {
    return database
        .value("SELECT COALESCE(MAX(position) + 1, 0) FROM image WHERE job = ?", job)
        .map(Math::toIntExact)
        .orElse(0);
  }

  /**
   * A page of the gallery, newest first.
   *
   * @param before pictures with smaller numbers alone
   * @param starred whether only those that someone likes
   */
  public List<StoredImage> page(long before, int count, boolean starred) {
    return database.rows(
        ImageStore::row,
        "SELECT "
            + COLUMNS
            + " FROM image WHERE deleted = 0 AND number < ? AND starred >= ?"
            + " ORDER BY number DESC LIMIT ?",
        before,
        starred ? 1 : 0,
        count);
  }

  /** Marks a picture as liked or not; false if there is none of this name. */
  public boolean star(String id, boolean starred) {
    return database.change(
            "UPDATE image SET starred = ? WHERE id = ? AND deleted = 0", starred ? 1 : 0, id)
        == 1;
  }

  /** Removes a picture, file and all but its name; false if there is none of this name. */
  public boolean delete(String id) {
    boolean found =
        database.change(
                "UPDATE image SET deleted = 1, prompt = '', parameters = '' WHERE id = ?"
                    + " AND deleted = 0",
                id)
            == 1;
    if (found) {
      try {
        Files.deleteIfExists(folder.file(id));
      } catch (IOException e) {
        throw new LssGenException("cannot remove the picture's file: " + IoReason.of(e), e);
      }
    }
    return found;
  }

  /**
   * The PNG file's bytes.
   *
   * @param image as the database has it: names from elsewhere never become paths
   * @return empty if the file is gone
   */
  public Optional<byte[]> bytes(StoredImage image) {
    try {
      return Optional.of(Files.readAllBytes(folder.file(image.id())));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw new LssGenException("cannot read a picture: " + IoReason.of(e), e);
    }
  }

  private static StoredImage row(ResultSet row) throws SQLException {
    return new StoredImage(
        row.getLong("number"),
        row.getString("id"),
        row.getString("job"),
        row.getInt("position"),
        row.getLong("seed"),
        row.getInt("width"),
        row.getInt("height"),
        row.getLong("created"),
        row.getString("model"),
        row.getString("prompt"),
        row.getString("parameters"),
        row.getInt("starred") == 1);
  }
}
