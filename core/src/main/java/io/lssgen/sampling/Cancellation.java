package io.lssgen.sampling;

/**
 * Lets another thread stop a run: before its next evaluation of the denoiser, or after the picture
 * it is working on. Thread-safe.
 */
public final class Cancellation {
  private volatile boolean cancelled;
  private volatile boolean stopsAfterImage;

  /** Asks the run to begin no further picture; the one under way is finished. */
  public void stopAfterImage() {
    stopsAfterImage = true;
  }

  /** Whether no further picture shall be begun. */
  public boolean stopsAfterImage() {
    return stopsAfterImage || cancelled;
  }

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
