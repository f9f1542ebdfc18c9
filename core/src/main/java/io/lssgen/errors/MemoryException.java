package io.lssgen.errors;

import org.jspecify.annotations.Nullable;

/** The machine's memory, native or Java's, did not suffice. */
public class MemoryException extends LssGenException {
  private static final long serialVersionUID = 1L;

  public MemoryException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /** For a failure that says so in its own words. */
  public static MemoryException of(Throwable cause) {
    return new MemoryException(
        "the memory did not suffice: %s; ask for smaller pictures, compute in bf16, or end other programs"
            .formatted(cause.getMessage()),
        cause);
  }
}
