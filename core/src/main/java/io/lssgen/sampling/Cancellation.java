package io.lssgen.sampling;

/** Lets another thread stop a run before its next evaluation of the denoiser. Thread-safe. */
public final class Cancellation {
  private volatile boolean cancelled;

  /** Asks the run to stop. */
  public void cancel() {
    cancelled = true;
  }

  /** Whether the run was asked to stop. */
  public boolean isCancelled() {
    return cancelled;
  }

  /**
   * Goes on unless the run was asked to stop.
   *
   * @throws CancelledException if it was
   */
  public void check() {
    if (cancelled) {
      throw new CancelledException();
    }
  }
}
