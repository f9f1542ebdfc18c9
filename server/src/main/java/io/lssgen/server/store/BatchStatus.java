package io.lssgen.server.store;

import java.util.Locale;

/** Where a batch stands. */
public enum BatchStatus {
  IN_PROGRESS,
  CANCELLING,
  CANCELLED,
  COMPLETED,
  FAILED;

  /** As clients and the database read it. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The status of this {@link #label()}. */
  public static BatchStatus of(String label) {
    return valueOf(label.toUpperCase(Locale.ROOT));
  }

  /** Whether nothing more will happen. */
  public boolean isFinal() {
    return this != IN_PROGRESS && this != CANCELLING;
  }
}
