package io.lssgen.server.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;

import io.lssgen.errors.IoReason;
import io.lssgen.errors.LssGenException;
import io.lssgen.files.AtomicFile;
import io.lssgen.files.AtomicFile.IfExists;
import io.lssgen.server.store.StoredFile.Purpose;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Files of requests and answers: JSON lines in a folder, named by their ids, and a row for each.
 * The content comes first, then the row.
 */
public final class FileStore {
  private static final Logger LOG = LoggerFactory.getLogger(FileStore.class);
  private static final String COLUMNS = "number, id, name, purpose, bytes, created";

  private final Database database;
  private final IdFolder folder;

  /**
   * @param data the server's folder
   * @throws LssGenException if the disk refuses
   */
  public FileStore(Database database, Path data) {
    this.database = database;
    folder = new IdFolder(data.resolve("files"), ".jsonl");
    folder.files().stream().filter(AtomicFile::isTemporary).forEach(FileStore::delete);
  }

  /**
   * Keeps a file.
   *
   * @param name as its sender calls it
   * @throws LssGenException if the disk refuses; nothing is kept then
   */
  public StoredFile add(String name, byte[] content) {
    String id = Ids.draw();
    AtomicFile.write(folder.file(id), IfExists.REFUSE, content);
    try {
      insert(id, name, Purpose.BATCH, content.length);
    } catch (RuntimeException e) {
      delete(folder.file(id));
      throw e;
    }
    return find(id).orElseThrow();
  }

  /**
   * Makes a file that was written by {@link #append} known to clients.
   *
   * @param bytes how much of it counts; the rest is cut off, and if less is there, so be it
   * @throws LssGenException if the disk refuses
   */
  void enter(String id, String name, Purpose purpose, long bytes) {
    Path file = folder.file(id);
    long there;
    try (FileChannel channel = FileChannel.open(file, CREATE, WRITE)) {
      there = channel.truncate(bytes).size();
      channel.force(true);
    } catch (IOException e) {
      throw new LssGenException("cannot write %s: %s".formatted(file, IoReason.of(e)), e);
    }
    if (there < bytes) {
      LOG.error("{} had {} bytes, found {}: somebody changed or removed it", file, bytes, there);
    }
    insert(id, name, purpose, there);
  }

  private void insert(String id, String name, Purpose purpose, long bytes) {
    database.change(
        "INSERT INTO file (id, name, purpose, bytes, created) VALUES (?, ?, ?, ?, ?)",
        id,
        name,
        purpose.label(),
        bytes,
        System.currentTimeMillis());
  }

  /**
   * Writes a line at the end of a file that no client knows of yet; it is on the disk then.
   *
   * @param length how much of what is there counts: a process that died may have written more
   * @return the new length
   * @throws LostFileException if less is there
   * @throws LssGenException if the disk refuses; what counts is as it was then
   */
  public long append(String id, long length, String line) {
    Path file = folder.file(id);
    try (FileChannel channel = FileChannel.open(file, CREATE, WRITE)) {
      if (channel.size() < length) {
        throw new LostFileException(
            "the file %s is shorter than it was: somebody changed or removed it"
                .formatted(file.getFileName()));
      }
      channel.truncate(length).position(length);
      AtomicFile.writeFully(channel, UTF_8.encode(line + "\n"));
      channel.force(true);
      return channel.position();
    } catch (IOException e) {
      throw new LssGenException("cannot write %s: %s".formatted(file, IoReason.of(e)), e);
    }
  }

  /** The file of this name. */
  public Optional<StoredFile> find(String id) {
    return database.first(
        FileStore::row, "SELECT " + COLUMNS + " FROM file WHERE id = ? AND deleted = 0", id);
  }

  /** The number of the file of this name, also if it was deleted: lists go on behind it. */
  public Optional<Long> number(String id) {
    return database.value("SELECT number FROM file WHERE id = ?", id);
  }

  /**
   * A page of files.
   *
   * @param purpose that they have, by its label; null for all
   */
  public List<StoredFile> page(Page page, @Nullable String purpose) {
    return database.rows(
        FileStore::row,
        "SELECT "
            + COLUMNS
            + " FROM file WHERE deleted = 0 AND (?3 IS NULL OR purpose = ?3) AND "
            + page.clause(),
        page.after(),
        page.count(),
        purpose);
  }

  /** How long all files of this purpose are together, in bytes. */
  public long bytes(Purpose purpose) {
    return database
        .value(
            "SELECT COALESCE(SUM(bytes), 0) FROM file WHERE purpose = ? AND deleted = 0",
            purpose.label())
        .orElse(0L);
  }

  /**
   * Its content, to be closed.
   *
   * @param file as the database has it: names from elsewhere never become paths
   * @throws LssGenException if it is gone, or the disk refuses
   */
  public InputStream content(StoredFile file) {
    try {
      return Files.newInputStream(folder.file(file.id()));
    } catch (IOException e) {
      throw new LssGenException("cannot read a file: " + IoReason.of(e), e);
    }
  }

  /** Removes a file, unless a batch that is not over reads it; false if it was not removed. */
  public boolean delete(String id) {
    boolean found =
        database.change(
                "UPDATE file SET deleted = 1, name = '' WHERE id = ? AND deleted = 0 AND NOT EXISTS"
                    + " (SELECT 1 FROM batch WHERE input = file.id AND "
                    + BatchStore.OPEN
                    + ")",
                id)
            == 1;
    if (found) {
      delete(folder.file(id));
    }
    return found;
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      LOG.warn("cannot remove {}: {}", file, IoReason.of(e));
    }
  }

  private static StoredFile row(ResultSet row) throws SQLException {
    return new StoredFile(
        row.getLong("number"),
        row.getString("id"),
        row.getString("name"),
        Purpose.of(row.getString("purpose")),
        row.getLong("bytes"),
        row.getLong("created"));
  }
}
