package io.lssgen.tensor;

import org.bytedeco.pytorch.AutoGradMode;

/**
 * Switches the recording of gradients for this thread until closed. Gradients are recorded by
 * default, so inference opens {@link #disabled()}.
 */
public final class GradMode implements AutoCloseable {
  private final AutoGradMode guard;
  private final boolean previous;

  private GradMode(boolean enabled) {
    TorchRuntime.initialise();
    guard = new AutoGradMode(enabled);
    previous = guard.prev_mode();
  }

  /** No operation until {@link #close()} records what a backward pass needs. */
  public static GradMode disabled() {
    return new GradMode(false);
  }

  /** Records gradients inside a region where they are switched off. */
  public static GradMode enabled() {
    return new GradMode(true);
  }

  /** Whether gradients were recorded before this guard. */
  public boolean previous() {
    return previous;
  }

  @Override
  public void close() {
    guard.close();
  }
}
