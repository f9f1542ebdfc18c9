package io.lssgen.sampling;

import io.lssgen.errors.LssGenException;

/** The run was stopped on request; there is no image. */
public final class CancelledException extends LssGenException {
  private static final long serialVersionUID = 1L;

  CancelledException() {
    super("the run was cancelled");
  }
}
