package io.lssgen.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.lssgen.server.TinyServer.Answer;
import io.lssgen.server.jobs.ServerMetrics;
import io.lssgen.tensor.TorchRuntime;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Many clients at once for a while. No test of every build, since its name does not end in Test:
 *
 * <pre>
 * ./mvnw -pl server -am test -Dquick -Dtest=LoadProgram -Dsurefire.failIfNoSpecifiedTests=false \
 *     -Dload.clients=64 -Dload.seconds=300
 * </pre>
 */
class LoadProgram {
  private static final int CLIENTS = Integer.getInteger("load.clients", 64);
  private static final int SECONDS = Integer.getInteger("load.seconds", 10);

  @TempDir Path data;

  private final Map<Integer, LongAdder> statuses = new ConcurrentHashMap<>();
  private final List<Double> queueSeconds = Collections.synchronizedList(new ArrayList<>());

  @Test
  void nothingButTooManyRequestsIsRefusedAndMemoryStaysFlat() throws InterruptedException {
    try (TinyServer server =
        TinyServer.start(
            data, options -> options.withLimits(Limits.usual().withQueue(40, CLIENTS)))) {
      for (int i = 0; i < 50; i++) {
        ask(server);
      }
      statuses.clear();
      queueSeconds.clear();
      long handles = TorchRuntime.liveHandles();
      long memory = nativeBytes();

      run(server, System.nanoTime() + Duration.ofSeconds(SECONDS).toNanos());

      long grown = nativeBytes() - memory;
      report(memory, grown);
      assertThat(statuses.keySet()).isSubsetOf(200, 429);
      assertThat(TorchRuntime.liveHandles()).isEqualTo(handles);
    }
  }

  /** What the process holds beside Java's heap. */
  private static long nativeBytes() {
    System.gc();
    return ServerMetrics.residentBytes() - Runtime.getRuntime().totalMemory();
  }

  private void run(TinyServer server, long end) throws InterruptedException {
    ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
    List<Callable<Boolean>> loops = Collections.nCopies(CLIENTS, () -> askUntil(server, end));
    for (Future<Boolean> loop : clients.invokeAll(loops)) {
      assertThat(loop).succeedsWithin(Duration.ZERO).isEqualTo(true);
    }
    clients.shutdown();
  }

  private boolean askUntil(TinyServer server, long end) throws InterruptedException {
    while (System.nanoTime() < end) {
      if (ask(server) == 429) {
        Thread.sleep(20);
      }
    }
    return true;
  }

  private int ask(TinyServer server) {
    Answer answer = server.post("/v1/images/generations", "{'prompt': 'an apple', 'steps': 2}");
    statuses.computeIfAbsent(answer.status(), each -> new LongAdder()).increment();
    if (answer.status() == 200) {
      var job = server.job(answer.json().get("lssgen").get("job").asText());
      queueSeconds.add(job.get("started").asDouble() - job.get("created").asDouble());
    }
    return answer.status();
  }

  private void report(long memory, long grown) {
    List<Double> sorted = new ArrayList<>(queueSeconds);
    Collections.sort(sorted);
    System.out.printf(
        "%d clients for %d s: answers by status %s, queue p50 %.2f s, p95 %.2f s, native memory %d MB at"
            + " the beginning, %+d MB at the end%n",
        CLIENTS,
        SECONDS,
        statuses,
        sorted.get(sorted.size() / 2),
        sorted.get(sorted.size() * 95 / 100),
        memory >> 20,
        grown >> 20);
  }
}
