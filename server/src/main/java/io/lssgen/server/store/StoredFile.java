package io.lssgen.server.store;

import java.util.Locale;

/**
 * A file of requests, or of answers to them.
 *
 * @param number counts up, so that a list can be read page by page
 * @param id its name here, which cannot be guessed
 * @param name as its sender calls it
 * @param purpose what it is for
 * @param bytes how long it is
 * @param created milliseconds since 1970
 */
public record StoredFile(
    long number, String id, String name, Purpose purpose, long bytes, long created) {

  /** What a file is for. */
  public enum Purpose {
    /** Requests. */
    BATCH,
    /** Answers. */
    BATCH_OUTPUT;

    /** As clients and the database read it. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }

    /** The purpose of this {@link #label()}. */
    public static Purpose of(String label) {
      return valueOf(label.toUpperCase(Locale.ROOT));
    }
  }
}
