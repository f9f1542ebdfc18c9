package io.lssgen.errors;

import org.jspecify.annotations.Nullable;

/** A model is missing, incomplete, corrupt or of a kind that is not supported. */
public class ModelException extends LssGenException {
  private static final long serialVersionUID = 1L;

  public ModelException(String message) {
    super(message);
  }

  public ModelException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
