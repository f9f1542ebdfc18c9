package io.lssgen.server.store;

import io.lssgen.errors.LssGenException;
import io.lssgen.errors.UsageException;
import io.lssgen.files.FolderLock;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The server's SQLite file. What a call has changed is on the disk when the call returns. Calls
 * from several threads take turns; one process alone may have the file open.
 */
public final class Database implements AutoCloseable {
  /** What each version added, in their order: a file of an older one gets what it lacks. */
  private static final List<String> VERSIONS =
      List.of(
          """
      CREATE TABLE job (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        status TEXT NOT NULL,
        source TEXT NOT NULL,
        client TEXT NOT NULL,
        request TEXT NOT NULL,
        created INTEGER NOT NULL,
        started INTEGER,
        finished INTEGER,
        attempts INTEGER NOT NULL DEFAULT 0,
        details TEXT,
        code TEXT,
        error TEXT);
      CREATE INDEX job_status ON job (status);
      CREATE TABLE image (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        job TEXT NOT NULL REFERENCES job (id),
        position INTEGER NOT NULL,
        seed INTEGER NOT NULL,
        width INTEGER NOT NULL,
        height INTEGER NOT NULL,
        created INTEGER NOT NULL,
        model TEXT NOT NULL,
        prompt TEXT NOT NULL,
        parameters TEXT NOT NULL,
        starred INTEGER NOT NULL DEFAULT 0,
        deleted INTEGER NOT NULL DEFAULT 0,
        UNIQUE (job, position));
      CREATE TABLE measurement (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        model TEXT NOT NULL,
        part TEXT NOT NULL,
        size INTEGER NOT NULL,
        amount REAL NOT NULL);
      CREATE INDEX measurement_part ON measurement (model, part, size)
      """,
          """
      CREATE TABLE file (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL,
        purpose TEXT NOT NULL,
        bytes INTEGER NOT NULL,
        created INTEGER NOT NULL,
        deleted INTEGER NOT NULL DEFAULT 0);
      CREATE TABLE batch (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        status TEXT NOT NULL,
        input TEXT NOT NULL,
        server TEXT NOT NULL,
        completion_window TEXT NOT NULL,
        metadata TEXT,
        created INTEGER NOT NULL,
        cancelling INTEGER,
        finished INTEGER,
        total INTEGER NOT NULL,
        completed INTEGER NOT NULL DEFAULT 0,
        failed INTEGER NOT NULL DEFAULT 0,
        output_bytes INTEGER NOT NULL DEFAULT 0,
        failure_bytes INTEGER NOT NULL DEFAULT 0,
        job TEXT,
        output TEXT NOT NULL,
        failures TEXT NOT NULL,
        errors TEXT);
      CREATE INDEX batch_status ON batch (status)
      """);

  private final Connection connection;
  private final FolderLock lock;

  /** Reads a row. */
  @FunctionalInterface
  public interface Row<T> {
    /**
     * @throws SQLException if the row has no such column
     */
    T read(ResultSet result) throws SQLException;
  }

  private Database(Connection connection, FolderLock lock) {
    this.connection = connection;
    this.lock = lock;
  }

  /**
   * Opens the database of a folder, which is made if it is not there.
   *
   * @throws UsageException if another server uses the folder
   * @throws LssGenException if the disk refuses
   */
  public static Database open(Path folder) {
    try {
      FolderLock lock =
          FolderLock.of(
              folder,
              "another server uses the data folder %s; stop it, or name another with --data"
                  .formatted(folder));
      try {
        Database database = new Database(connect(folder.resolve("lssgen.db")), lock);
        database.prepare(folder);
        return database;
      } catch (SQLException | RuntimeException e) {
        lock.close();
        throw e;
      }
    } catch (SQLException e) {
      throw new LssGenException(
          "the server's data folder %s cannot be used: %s; name another with --data"
              .formatted(folder, e.getMessage()),
          e);
    }
  }

  private static Connection connect(Path file) throws SQLException {
    Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file.toAbsolutePath());
    try (Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA journal_mode = WAL");
      statement.execute("PRAGMA synchronous = FULL"); // a finished picture survives power cuts
      statement.execute("PRAGMA foreign_keys = ON");
      statement.execute("PRAGMA busy_timeout = 5000");
    }
    return connection;
  }

  private void prepare(Path folder) {
    int version = value("PRAGMA user_version").map(Math::toIntExact).orElse(0);
    if (version > VERSIONS.size()) {
      throw new UsageException(
          "%s was written by a newer version of lssgen; name another folder with --data"
              .formatted(folder));
    }
    if (version == VERSIONS.size()) {
      return;
    }
    together( // else a process killed meanwhile would leave what no later one could use
        () -> {
          for (String added : VERSIONS.subList(version, VERSIONS.size())) {
            for (String part : added.split(";")) {
              change(part);
            }
          }
          change("PRAGMA user_version = " + VERSIONS.size());
        });
  }

  /** Changes rows; the change is whole and durable, or not there. Returns how many rows. */
  public synchronized int change(String sql, @Nullable Object... values) {
    try (PreparedStatement statement = statement(sql, values)) {
      return statement.executeUpdate();
    } catch (SQLException e) {
      throw failure(e);
    }
  }

  /** Makes several changes at once: all of them are kept, or none. */
  public synchronized void together(Runnable changes) {
    try {
      connection.setAutoCommit(false);
      try {
        changes.run();
        connection.commit();
      } catch (RuntimeException | SQLException e) {
        connection.rollback();
        throw e;
      } finally {
        connection.setAutoCommit(true);
      }
    } catch (SQLException e) {
      throw failure(e);
    }
  }

  /** Reads rows, in their order. */
  public synchronized <T> List<T> rows(Row<T> row, String sql, @Nullable Object... values) {
    try (PreparedStatement statement = statement(sql, values);
        ResultSet result = statement.executeQuery()) {
      List<T> rows = new ArrayList<>();
      while (result.next()) {
        rows.add(row.read(result));
      }
      return rows;
    } catch (SQLException e) {
      throw failure(e);
    }
  }

  /** Reads the first row. */
  public <T> Optional<T> first(Row<T> row, String sql, @Nullable Object... values) {
    return rows(row, sql, values).stream().findFirst();
  }

  /** Reads a number. */
  public Optional<Long> value(String sql, @Nullable Object... values) {
    return first(result -> result.getLong(1), sql, values);
  }

  /** Milliseconds since 1970 in a column that may be empty. */
  static @Nullable Long time(ResultSet row, String column) throws SQLException {
    long value = row.getLong(column);
    return row.wasNull() ? null : value;
  }

  private PreparedStatement statement(String sql, @Nullable Object... values) throws SQLException {
    PreparedStatement statement = connection.prepareStatement(sql);
    for (int i = 0; i < values.length; i++) {
      statement.setObject(i + 1, values[i]);
    }
    return statement;
  }

  private static LssGenException failure(SQLException e) {
    return new LssGenException("the server's database failed: " + e.getMessage(), e);
  }

  @Override
  public synchronized void close() {
    try {
      connection.close();
      lock.close();
    } catch (SQLException e) {
      throw new LssGenException("the server's database cannot be closed: " + e.getMessage(), e);
    }
  }
}
