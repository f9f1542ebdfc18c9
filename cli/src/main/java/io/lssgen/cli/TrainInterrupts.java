package io.lssgen.cli;

import io.lssgen.train.TrainingLoop;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * Ctrl-C while a model is trained: the process lives until the step under way is saved or, before
 * the first step, until the preparation of data has come to a point where it can go on later. No
 * native memory may be freed while the process ends, so that it waits for {@link #close}.
 */
final class TrainInterrupts implements AutoCloseable {
  private final Thread worker = Thread.currentThread();
  private final CountDownLatch ended = new CountDownLatch(1);
  private final Thread hook = new Thread(this::stopAndWait, "lssgen-interrupt");
  private @Nullable TrainingLoop loop;
  private boolean stopped;

  private TrainInterrupts() {}

  /** Listens until closed, for what this thread does. */
  static TrainInterrupts listen() {
    TrainInterrupts interrupts = new TrainInterrupts();
    Runtime.getRuntime().addShutdownHook(interrupts.hook);
    return interrupts;
  }

  /**
   * Data are prepared: from here on it is the loop that is stopped.
   *
   * @return false if the run was stopped before; the thread is then no longer interrupted
   */
  synchronized boolean begin(TrainingLoop prepared) {
    if (stopped) {
      Thread.interrupted();
      return false;
    }
    loop = prepared;
    return true;
  }

  /** Whether the run was stopped before its loop could begin. */
  synchronized boolean stoppedBeforeLoop() {
    return stopped && loop == null;
  }

  private void stopAndWait() {
    synchronized (this) {
      stopped = true;
      if (loop == null) {
        worker.interrupt();
      } else {
        loop.stop();
      }
    }
    try {
      ended.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    ended.countDown();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The process is ending, and this is what it waited for.
    }
  }
}
