package io.lssgen.server.store;

import org.jspecify.annotations.Nullable;

/**
 * A batch as the database has it.
 *
 * @param number counts up, so that a list can be read page by page
 * @param id its name
 * @param status where it stands
 * @param input id of the file of requests
 * @param server what addresses of pictures begin with
 * @param window within which the client would have it done, which is given back
 * @param metadata JSON of what the client notes with it; null if it notes nothing
 * @param created milliseconds since 1970
 * @param cancelling likewise; null unless it was asked to end
 * @param finished likewise; null before
 * @param total requests
 * @param progress what is done of it
 * @param job of the request under way; null between two
 * @param output id of the file of answers
 * @param failures id of the file of requests that failed
 * @param errors JSON of what is wrong with it as a whole; null if nothing is
 */
public record BatchRow(
    long number,
    String id,
    BatchStatus status,
    String input,
    String server,
    String window,
    @Nullable String metadata,
    long created,
    @Nullable Long cancelling,
    @Nullable Long finished,
    int total,
    Progress progress,
    @Nullable String job,
    String output,
    String failures,
    @Nullable String errors) {

  /**
   * What is done of a batch.
   *
   * @param completed requests whose pictures were made
   * @param failed other requests
   * @param outputBytes length of the file of answers
   * @param failureBytes length of the file of requests that failed
   */
  public record Progress(int completed, int failed, long outputBytes, long failureBytes) {
    /** Of a batch that was not begun. */
    public static final Progress NONE = new Progress(0, 0, 0, 0);

    /** One request more whose pictures were made. */
    public Progress completed(long bytes) {
      return new Progress(completed + 1, failed, bytes, failureBytes);
    }

    /** One request more that failed. */
    public Progress failed(long bytes) {
      return new Progress(completed, failed + 1, outputBytes, bytes);
    }

    /** Requests that are done. */
    public int done() {
      return completed + failed;
    }
  }
}
