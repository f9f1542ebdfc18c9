package io.lssgen.server.jobs;

import io.lssgen.pipeline.GenerationTimes;
import io.lssgen.server.store.JobStatus;
import io.lssgen.tensor.TorchRuntime;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** Counts for Prometheus. */
public final class ServerMetrics {
  private static final Path MEMORY = Path.of("/proc/self/statm");
  private static final long PAGE = 4096;

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

  /** Begins with all counts at zero. */
  public ServerMetrics() {
    new JvmMemoryMetrics().bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    Gauge.builder("lssgen.native.handles", TorchRuntime::liveHandles)
        .description("libtorch handles that are alive")
        .register(registry);
    Gauge.builder("lssgen.resident.memory", ServerMetrics::residentBytes)
        .description("memory of the process, native memory included")
        .baseUnit("bytes")
        .register(registry);
    for (String part : new String[] {"text", "denoise", "scale", "decode"}) {
      seconds(part, 0);
    }
    steps(0);
    registry.counter("lssgen.images");
    for (JobStatus status : JobStatus.values()) {
      if (status.isFinal()) {
        registry.counter("lssgen.jobs", "status", status.label());
      }
    }
    for (String reason : new String[] {"queue_full", "client_share", "closing"}) {
      registry.counter("lssgen.rejected", "reason", reason);
    }
  }

  /** Bytes of memory that the process holds; 0 where the system does not tell. */
  public static long residentBytes() {
    try {
      return Long.parseLong(Files.readString(MEMORY).split(" ")[1]) * PAGE;
    } catch (IOException e) {
      return 0;
    }
  }

  void watch(JobQueue queue) {
    Gauge.builder("lssgen.queue.depth", queue, JobQueue::depth)
        .description("jobs that wait")
        .register(registry);
  }

  void rejected(String reason) {
    registry.counter("lssgen.rejected", "reason", reason).increment();
  }

  void finished(JobStatus status) {
    registry.counter("lssgen.jobs", "status", status.label()).increment();
  }

  void imageDone() {
    registry.counter("lssgen.images").increment();
  }

  void waited(Duration time) {
    Timer.builder("lssgen.queue.wait")
        .description("from a job's coming to its start")
        .publishPercentiles(0.5, 0.95)
        .register(registry)
        .record(time);
  }

  void steps(int count) {
    registry.counter("lssgen.steps").increment(count);
  }

  void times(GenerationTimes times) {
    seconds("text", times.text());
    seconds("denoise", times.denoise().stream().mapToDouble(Double::doubleValue).sum());
    seconds("scale", times.scale());
    seconds("decode", times.decode());
  }

  private void seconds(String part, double amount) {
    registry.counter("lssgen.seconds", "part", part).increment(amount);
  }

  /** All of it, in Prometheus' text format. */
  public String text() {
    return registry.scrape();
  }
}
