package io.lssgen.errors;

import org.jspecify.annotations.Nullable;

/** Base of every failure this library reports on purpose. The message is one line for a person. */
public class LssGenException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public LssGenException(String message) {
    super(message);
  }

  public LssGenException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
