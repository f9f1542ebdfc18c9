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

  /** Item {@code index}; the following ones are begun. */
  T get(long index) {
    pending.keySet().removeIf(held -> held < index || held > index + ahead);
    for (long i = index; i <= index + ahead; i++) {
      long wanted = i;
      pending.computeIfAbsent(wanted, key -> worker.submit(() -> maker.apply(wanted)));
    }
    Future<T> future = pending.remove(index);
    try {
      return java.util.Objects.requireNonNull(future, "the item was just begun").get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for data", e);
    }
  }

  @Override
  public void close() {
    worker.shutdownNow();
  }
}
