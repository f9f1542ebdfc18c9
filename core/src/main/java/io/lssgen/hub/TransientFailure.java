package io.lssgen.hub;

import java.time.Duration;

/** A request that failed in a way that may be over soon; the message says how. */
final class TransientFailure extends Exception {
  private static final long serialVersionUID = 1L;

  private final Duration wait;
  private final boolean progressed;

  /**
   * @param wait how long the server asks to wait at least; zero if it does not say
   * @param progressed whether the request brought something nonetheless
   */
  TransientFailure(String message, Duration wait, boolean progressed) {
    super(message);
    this.wait = wait;
    this.progressed = progressed;
  }

  TransientFailure(String message) {
    this(message, Duration.ZERO, false);
  }

  Duration hold() {
    return wait;
  }

  boolean progressed() {
    return progressed;
  }
}
