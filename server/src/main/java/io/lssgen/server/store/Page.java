package io.lssgen.server.store;

/**
 * A part of a list.
 *
 * @param after the number of the row before its first; 0 for the list's beginning
 * @param count how many rows at most
 * @param newestFirst in which order
 */
public record Page(long after, int count, boolean newestFirst) {
  /** What follows {@code WHERE} in SQL, with {@link #after()} and {@link #count()} for values. */
  String clause() {
    return newestFirst
        ? "(number < ?1 OR ?1 = 0) ORDER BY number DESC LIMIT ?2"
        : "number > ?1 ORDER BY number LIMIT ?2";
  }
}
