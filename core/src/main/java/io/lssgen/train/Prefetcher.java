package io.lssgen.train;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.LongFunction;

/**
 * Makes the next items of a numbered sequence on a thread of its own while the current one is used.
 * What item {@code i} is depends on {@code i} alone, so any position can be entered.
 */
final class Prefetcher<T> implements AutoCloseable {
  private final LongFunction<T> maker;
  private final int ahead;
  private final Map<Long, Future<T>> pending = new HashMap<>();
  private final ExecutorService worker =
      Executors.newSingleThreadExecutor(
          task -> {
            Thread thread = new Thread(task, "prefetch");
            thread.setDaemon(true);
            return thread;
          });

  Prefetcher(LongFunction<T> maker, int ahead) {
    this.maker = maker;
    this.ahead = ahead;
  }

  /** Item {@code index}; the following ones are begun. From any thread. */
  T get(long index) {
    try {
      return begun(index).get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for data", e);
    }
  }

  // What was asked for out of turn stays for those who are a little behind.
  private synchronized Future<T> begun(long index) {
    pending.keySet().removeIf(held -> held < index - ahead || held > index + ahead);
    for (long i = index; i <= index + ahead; i++) {
      long wanted = i;
      pending.computeIfAbsent(wanted, key -> worker.submit(() -> maker.apply(wanted)));
    }
    return java.util.Objects.requireNonNull(pending.remove(index), "the item was just begun");
  }

  @Override
  public void close() {
    worker.shutdownNow();
  }
}
