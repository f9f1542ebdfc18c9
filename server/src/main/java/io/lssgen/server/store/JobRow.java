package io.lssgen.server.store;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A job as the database has it.
 *
 * @param id its name
 * @param status where it stands
 * @param source the API it came by
 * @param client the network address it came from
 * @param request JSON of what is wanted
 * @param created milliseconds since 1970
 * @param started likewise, of the last attempt; null before
 * @param finished likewise; null before
 * @param attempts how often it was begun
 * @param details JSON of plan, times and warnings; null before it is known
 * @param code a word for what went wrong; null if nothing did
 * @param error a line for what went wrong; null if nothing did
 */
public record JobRow(
    String id,
    JobStatus status,
    String source,
    String client,
    String request,
    long created,
    @Nullable Long started,
    @Nullable Long finished,
    int attempts,
    @Nullable String details,
    @Nullable String code,
    @Nullable String error) {

  /** What went wrong, if something did. */
  public Optional<String> failure() {
    return Optional.ofNullable(error);
  }
}
