package io.lssgen.server.store;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The jobs in the database. */
public final class JobStore {
  private static final String COLUMNS =
      "id, status, source, client, request, created, started, finished, attempts, details, code,"
          + " error";

  private final Database database;

  public JobStore(Database database) {
    this.database = database;
  }

  /** Adds a job that waits. */
  public void add(String id, String source, String client, String request) {
    database.change(
        "INSERT INTO job (id, status, source, client, request, created) VALUES (?, ?, ?, ?, ?, ?)",
        id,
        JobStatus.QUEUED.label(),
        source,
        client,
        request,
        System.currentTimeMillis());
  }

  /** The job of this name. */
  public Optional<JobRow> find(String id) {
    return database.first(JobStore::row, "SELECT " + COLUMNS + " FROM job WHERE id = ?", id);
  }

  /** Jobs that wait or run, in the order in which they came. */
  public List<JobRow> unfinished() {
    return database.rows(
        JobStore::row,
        "SELECT " + COLUMNS + " FROM job WHERE status IN (?, ?) ORDER BY number",
        JobStatus.QUEUED.label(),
        JobStatus.RUNNING.label());
  }

  /** The latest jobs, newest first. */
  public List<JobRow> latest(int count) {
    return database.rows(
        JobStore::row, "SELECT " + COLUMNS + " FROM job ORDER BY number DESC LIMIT ?", count);
  }

  /** The job is begun, once more perhaps. */
  public void started(String id) {
    database.change(
        "UPDATE job SET status = ?, started = ?, attempts = attempts + 1 WHERE id = ?",
        JobStatus.RUNNING.label(),
        System.currentTimeMillis(),
        id);
  }

  /** The job waits again. */
  public void queued(String id) {
    database.change("UPDATE job SET status = ? WHERE id = ?", JobStatus.QUEUED.label(), id);
  }

  /** Notes what is known of the job: JSON. */
  public void details(String id, String details) {
    database.change("UPDATE job SET details = ? WHERE id = ?", details, id);
  }

  /** The job is over. */
  public void finished(String id, JobStatus status, @Nullable String code, @Nullable String error) {
    database.change(
        "UPDATE job SET status = ?, finished = ?, code = ?, error = ? WHERE id = ?",
        status.label(),
        System.currentTimeMillis(),
        code,
        error,
        id);
  }

  private static JobRow row(ResultSet row) throws SQLException {
    return new JobRow(
        row.getString("id"),
        JobStatus.of(row.getString("status")),
        row.getString("source"),
        row.getString("client"),
        row.getString("request"),
        row.getLong("created"),
        Database.time(row, "started"),
        Database.time(row, "finished"),
        row.getInt("attempts"),
        row.getString("details"),
        row.getString("code"),
        row.getString("error"));
  }
}
