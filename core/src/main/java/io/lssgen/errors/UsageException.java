package io.lssgen.errors;

/** A request that cannot be carried out as it was made: sizes, steps, flags, configuration. */
public class UsageException extends LssGenException {
  private static final long serialVersionUID = 1L;

  public UsageException(String message) {
    super(message);
  }
}
