package io.lssgen.cli;

import io.lssgen.sampling.Cancellation;
import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/**
 * Ctrl-C while pictures are made: the first time the picture under way is finished and no other is
 * begun, the second time the run ends at once.
 */
final class Interrupts implements AutoCloseable {
  /** How long the run gets to end in good order, as between two evaluations of the denoiser. */
  private static final long PATIENCE_MILLISECONDS = 2_000;

  private final Cancellation cancellation;
  private final PrintWriter err;
  private final @Nullable SignalHandler previous;
  private final @Nullable Signal signal;
  private int presses;
  private volatile boolean closed;

  private Interrupts(Cancellation cancellation, PrintWriter err) {
    this.cancellation = cancellation;
    this.err = err;
    Signal interrupt = null;
    SignalHandler old = null;
    try {
      interrupt = new Signal("INT");
      old = Signal.handle(interrupt, received -> pressed());
    } catch (IllegalArgumentException e) {
      interrupt = null; // the JVM was told to leave signals alone (-Xrs)
    }
    signal = interrupt;
    previous = old;
  }

  /** Listens until closed. */
  static Interrupts listen(Cancellation cancellation, PrintWriter err) {
    return new Interrupts(cancellation, err);
  }

  /** What the signal does. */
  synchronized void pressed() {
    presses++;
    if (presses == 1) {
      cancellation.stopAfterImage();
      err.println();
      err.println("lssgen: finishing the picture under way; press Ctrl-C again to abort");
      err.flush();
      return;
    }
    cancellation.cancel();
    if (presses == 2) {
      Thread watch = new Thread(this::haltUnlessClosed, "lssgen-abort");
      watch.setDaemon(true);
      watch.start();
    }
  }

  /** A long evaluation cannot be stopped from inside: ends the process without more ado. */
  private void haltUnlessClosed() {
    try {
      Thread.sleep(PATIENCE_MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (!closed) {
      Runtime.getRuntime().halt(ExitCode.INTERRUPTED);
    }
  }

  @Override
  public void close() {
    closed = true;
    if (signal != null && previous != null) {
      Signal.handle(signal, previous);
    }
  }
}
