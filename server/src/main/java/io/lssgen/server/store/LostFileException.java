package io.lssgen.server.store;

import io.lssgen.errors.LssGenException;

/** A file of this server was changed or removed by somebody else. */
public final class LostFileException extends LssGenException {
  private static final long serialVersionUID = 1L;

  LostFileException(String message) {
    super(message);
  }
}
