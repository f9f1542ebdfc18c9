package io.lssgen.server.http;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Lets few requests do at once what takes much memory; others wait in their order. Thread-safe. */
public final class FewAtOnce {
  private final Semaphore places;
  private final Duration patience;
  private final String busy;

  /**
   * @param count how many
   * @param patience how long others wait
   * @param busy what they are told then
   */
  public FewAtOnce(int count, Duration patience, String busy) {
    this.places = new Semaphore(count, true);
    this.patience = patience;
    this.busy = busy;
  }

  /**
   * Does it when there is a place.
   *
   * @throws ApiException 503 if there is none for too long, or the server stops
   */
  public <T> T run(Supplier<T> work) {
    try {
      if (!places.tryAcquire(patience.toMillis(), TimeUnit.MILLISECONDS)) {
        throw ApiException.later(503, "busy", 5, busy + "; try again later");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw ApiException.later(503, "closing", 30, "the server is stopping");
    }
    try {
      return work.get();
    } finally {
      places.release();
    }
  }
}
