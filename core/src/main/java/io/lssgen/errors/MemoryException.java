package io.lssgen.errors;

import org.jspecify.annotations.Nullable;

/** The machine's memory, native or Java's, did not suffice. */
public class MemoryException extends LssGenException {
  private static final long serialVersionUID = 1L;

  public MemoryException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
