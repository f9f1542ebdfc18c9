package io.lssgen.server.jobs;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One who listens to a job. Who is slow misses steps, and nothing else. */
public final class Listening implements AutoCloseable {
  private static final int PATIENCE = 16;

  private final LiveJob job;
  private final LinkedBlockingQueue<JobEvent> waiting = new LinkedBlockingQueue<>();

  Listening(LiveJob job) {
    this.job = job;
  }

  void offer(JobEvent event) {
    if (event.kind() != JobEvent.Kind.STEP || waiting.size() < PATIENCE) {
      waiting.add(event);
    }
  }

  /**
   * The next event.
   *
   * @return null if none came within the time
   * @throws InterruptedException if the thread shall end
   */
  public @Nullable JobEvent next(long milliseconds) throws InterruptedException {
    return waiting.poll(milliseconds, TimeUnit.MILLISECONDS);
  }

  @Override
  public void close() {
    job.leave(this);
  }
}
