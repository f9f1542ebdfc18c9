package io.lssgen.server.store;

import java.util.Locale;

/** Where a job stands. */
public enum JobStatus {
  QUEUED,
  RUNNING,
  COMPLETED,
  FAILED,
  CANCELLED;

  /** As clients and the database read it. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The status of this {@link #label()}. */
  public static JobStatus of(String label) {
    return valueOf(label.toUpperCase(Locale.ROOT));
  }

  /** Whether nothing more will happen. */
  public boolean isFinal() {
    return this == COMPLETED || this == FAILED || this == CANCELLED;
  }
}
