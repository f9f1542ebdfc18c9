package io.lssgen.hub;

import io.lssgen.errors.LssGenException;
import java.time.Duration;

/**
 * How often a request is made again, and after which pauses.
 *
 * @param attempts at most so many in a row that bring nothing
 * @param first the first pause; each further one is twice as long
 * @param longest the longest pause; a server that asks for more is not waited for
 */
record Retries(int attempts, Duration first, Duration longest) {
  static final Retries STANDARD = new Retries(5, Duration.ofSeconds(1), Duration.ofSeconds(60));

  /** One request. */
  @FunctionalInterface
  interface Attempt<T, E extends Exception> {
    T run() throws TransientFailure, E;
  }

  /**
   * Runs {@code attempt} until it succeeds.
   *
   * @throws LssGenException if it fails too often, or the server asks to wait for too long
   */
  <T, E extends Exception> T run(Attempt<T, E> attempt) throws E {
    int failures = 0;
    while (true) {
      try {
        return attempt.run();
      } catch (TransientFailure e) {
        failures = e.progressed() ? 1 : failures + 1;
        if (e.hold().compareTo(longest) > 0) {
          throw new LssGenException(
              "%s; it asks to wait for %d s: try again then"
                  .formatted(e.getMessage(), e.hold().toSeconds()),
              e);
        }
        if (failures >= attempts) {
          throw new LssGenException(
              "%s; gave up after %d attempts: try again later, what is here already stays"
                  .formatted(e.getMessage(), failures),
              e);
        }
        pause(e.hold(), failures);
      }
    }
  }

  private void pause(Duration asked, int failures) {
    Duration own = first.multipliedBy(1L << Math.min(failures - 1, 16));
    Duration shorter = own.compareTo(longest) < 0 ? own : longest;
    try {
      Thread.sleep((asked.compareTo(shorter) > 0 ? asked : shorter).toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LssGenException("the download was interrupted; what is here already stays", e);
    }
  }
}
