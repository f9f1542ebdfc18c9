package io.lssgen.pipeline;

import static java.util.Objects.requireNonNull;

import io.lssgen.errors.MemoryException;
import io.lssgen.tensor.TorchException;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;

/**
 * The one thread that all tensor work of a pipeline runs on: scopes and gradient modes belong to
 * threads, and two runs at once would only slow each other down. Calls from other threads wait for
 * their turn.
 */
final class EngineThread implements AutoCloseable {
  private final ExecutorService executor =
      Executors.newSingleThreadExecutor(
          work -> {
            Thread thread = new Thread(work, "lssgen-engine");
            thread.setDaemon(true);
            return thread;
          });

  /**
   * Runs {@code work} on the engine's thread and waits for its result. What it throws is thrown
   * here.
   *
   * @param interrupted called when the waiting thread is interrupted: asks the work to end early.
   *     The wait goes on until it has, and the thread's interrupt mark is set again
   */
  <T> T call(Callable<T> work, Runnable interrupted) {
    Future<T> future;
    try {
      future = executor.submit(work);
    } catch (RejectedExecutionException e) {
      throw new IllegalStateException("this TextToImage was closed", e);
    }
    boolean wasInterrupted = false;
    try {
      while (true) {
        try {
          return future.get();
        } catch (InterruptedException e) {
          wasInterrupted = true;
          interrupted.run();
        }
      }
    } catch (ExecutionException e) {
      throw rethrow(requireNonNull(e.getCause(), "an ExecutionException has a cause"));
    } finally {
      if (wasInterrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** The failure itself: its trace names the work, not the wait. */
  private static RuntimeException rethrow(Throwable cause) {
    if (isOutOfMemory(cause)) {
      return MemoryException.of(cause);
    }
    if (cause instanceof Error error) {
      throw error;
    }
    return cause instanceof RuntimeException failure
        ? failure
        : new IllegalStateException("the engine failed: " + cause, cause);
  }

  private static boolean isOutOfMemory(Throwable cause) {
    return cause instanceof OutOfMemoryError
        || (cause instanceof TorchException failure && failure.isOutOfMemory());
  }

  /** Lets no further work in; the thread ends when what it has is done. */
  @Override
  public void close() {
    executor.shutdown();
  }
}
