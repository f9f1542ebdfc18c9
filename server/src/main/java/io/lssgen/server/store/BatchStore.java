package io.lssgen.server.store;

import io.lssgen.server.store.BatchRow.Progress;
import io.lssgen.server.store.StoredFile.Purpose;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The batches in the database. */
public final class BatchStore {
  private static final String COLUMNS =
      "number, id, status, input, server, completion_window, metadata, created, cancelling,"
          + " finished, total, completed, failed, output_bytes, failure_bytes, job, output, failures, errors";

  /** What is true of a batch that is not over, in SQL. */
  static final String OPEN = "status IN ('in_progress', 'cancelling')";

  private final Database database;
  private final FileStore files;

  /**
   * @param files where its answers go
   */
  public BatchStore(Database database, FileStore files) {
    this.database = database;
    this.files = files;
  }

  /**
   * A batch to come.
   *
   * @param input id of the file of requests
   * @param server what addresses of pictures begin with
   * @param window within which the client would have it done
   * @param metadata JSON; null for none
   * @param total requests
   * @param errors JSON of what is wrong with it, so that nothing is made; null if nothing is
   */
  public record Asked(
      String input,
      String server,
      String window,
      @Nullable String metadata,
      int total,
      @Nullable String errors) {}

  /** Adds a batch; empty if its file is gone. */
  public Optional<BatchRow> add(Asked asked) {
    String id = Ids.draw();
    boolean wrong = asked.errors() != null;
    long now = System.currentTimeMillis();
    database.change(
        "INSERT INTO batch (id, status, input, server, completion_window, metadata, created, finished,"
            + " total, output, failures, errors) SELECT ?, ?, id, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM"
            + " file WHERE id = ? AND deleted = 0",
        id,
        (wrong ? BatchStatus.FAILED : BatchStatus.IN_PROGRESS).label(),
        asked.server(),
        asked.window(),
        asked.metadata(),
        now,
        wrong ? now : null,
        asked.total(),
        Ids.draw(),
        Ids.draw(),
        asked.errors(),
        asked.input());
    return find(id);
  }

  /** The batch of this name. */
  public Optional<BatchRow> find(String id) {
    return database.first(BatchStore::row, "SELECT " + COLUMNS + " FROM batch WHERE id = ?", id);
  }

  /** A page of all batches. */
  public List<BatchRow> page(Page page) {
    return database.rows(
        BatchStore::row,
        "SELECT " + COLUMNS + " FROM batch WHERE " + page.clause(),
        page.after(),
        page.count());
  }

  /** The batch that came first of those that are not over. */
  public Optional<BatchRow> next() {
    return database.first(
        BatchStore::row,
        "SELECT " + COLUMNS + " FROM batch WHERE " + OPEN + " ORDER BY number LIMIT 1");
  }

  /** How many are not over. */
  public long open() {
    return database.value("SELECT COUNT(*) FROM batch WHERE " + OPEN).orElse(0L);
  }

  /** Notes the job of the request under way, before there is one. */
  public void job(String id, String job) {
    database.change("UPDATE batch SET job = ? WHERE id = ?", job, id);
  }

  /** Notes that a request is done, whose answer is on the disk. */
  public void progress(String id, Progress progress) {
    database.change(
        "UPDATE batch SET completed = ?, failed = ?, output_bytes = ?, failure_bytes = ?, job ="
            + " NULL WHERE id = ?",
        progress.completed(),
        progress.failed(),
        progress.outputBytes(),
        progress.failureBytes(),
        id);
  }

  /** Notes that a batch shall end; false if it was over, or was asked before. */
  public boolean cancelling(String id) {
    return database.change(
            "UPDATE batch SET status = ?, cancelling = ? WHERE id = ? AND status = ?",
            BatchStatus.CANCELLING.label(),
            System.currentTimeMillis(),
            id,
            BatchStatus.IN_PROGRESS.label())
        == 1;
  }

  /**
   * Ends a batch and makes what was written of its files known to clients.
   *
   * @param errors JSON; null if nothing is wrong
   */
  public void finish(BatchRow batch, BatchStatus status, @Nullable String errors) {
    database.together(
        () -> {
          enter(batch, "output", batch.output(), batch.progress().outputBytes());
          enter(batch, "error", batch.failures(), batch.progress().failureBytes());
          database.change(
              "UPDATE batch SET status = ?, finished = ?, errors = ?, job = NULL WHERE id = ?",
              status.label(),
              System.currentTimeMillis(),
              errors,
              batch.id());
        });
  }

  private void enter(BatchRow batch, String what, String file, long bytes) {
    if (bytes > 0) {
      String name = "batch_%s_%s.jsonl".formatted(batch.id(), what);
      files.enter(file, name, Purpose.BATCH_OUTPUT, bytes);
    }
  }

  private static BatchRow row(ResultSet row) throws SQLException {
    return new BatchRow(
        row.getLong("number"),
        row.getString("id"),
        BatchStatus.of(row.getString("status")),
        row.getString("input"),
        row.getString("server"),
        row.getString("completion_window"),
        row.getString("metadata"),
        row.getLong("created"),
        Database.time(row, "cancelling"),
        Database.time(row, "finished"),
        row.getInt("total"),
        new Progress(
            row.getInt("completed"),
            row.getInt("failed"),
            row.getLong("output_bytes"),
            row.getLong("failure_bytes")),
        row.getString("job"),
        row.getString("output"),
        row.getString("failures"),
        row.getString("errors"));
  }
}
