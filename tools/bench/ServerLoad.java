import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Clients that ask a server for one picture after the other, all at once, and what becomes of it: answers by status,
 * waiting times, and the server's native memory over time. Run by server-load.sh, which starts the server.
 *
 * <p>Ends with 1 if an answer was neither a picture nor "too many", or if native memory grew.
 */
public final class ServerLoad {
  private static final String BODY = "{\"prompt\": \"an apple\"}";
  private static final Pattern JOB = Pattern.compile("\"job\":\"([0-9a-f]{32})\"");
  private static final Pattern CREATED = Pattern.compile("\"created\":([0-9.E]+)");
  private static final Pattern STARTED = Pattern.compile("\"started\":([0-9.E]+)");
  private static final long PAUSE_AFTER_REFUSAL = 100;

  /** By how much of itself the last third of the time may hold more memory than the middle one. */
  private static final double FLAT = 0.02;

  private final HttpClient http = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(30)).build();
  private final String server;
  private final long pid;
  private final int clients;
  private final Map<String, LongAdder> answers = new ConcurrentSkipListMap<>();
  private final List<Double> waits = Collections.synchronizedList(new ArrayList<>());
  private final List<Double> latencies = Collections.synchronizedList(new ArrayList<>());

  private ServerLoad(String server, long pid, int clients) {
    this.server = server;
    this.pid = pid;
    this.clients = clients;
  }

  /** Address and process of the server, number of clients, seconds of warm-up and of measuring. */
  public static void main(String[] arguments) throws Exception {
    int clients = Integer.parseInt(arguments[2]);
    int warmUp = Integer.parseInt(arguments[3]);
    int seconds = Integer.parseInt(arguments[4]);
    ServerLoad load = new ServerLoad(arguments[0], Long.parseLong(arguments[1]), clients);
    load.run(warmUp);
    load.answers.clear();
    load.waits.clear();
    load.latencies.clear();
    System.out.printf("%d clients for %d s, after %d s of the same%n", clients, seconds, warmUp);
    System.exit(load.report(load.run(seconds)) ? 0 : 1);
  }

  /** Lets all clients ask for so long, and measures the server's memory each second. */
  private List<Memory> run(int seconds) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(clients);
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    for (int i = 0; i < clients; i++) {
      threads.execute(() -> askUntil(end));
    }
    threads.shutdown();
    List<Memory> samples = new ArrayList<>();
    while (!threads.awaitTermination(1, TimeUnit.SECONDS)) {
      samples.add(Memory.of(pid, get("/metrics")));
    }
    return samples;
  }

  private void askUntil(long end) {
    while (System.nanoTime() < end) {
      try {
        ask();
      } catch (IOException e) {
        count(e.toString());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  private void ask() throws IOException, InterruptedException {
    long begin = System.nanoTime();
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(server + "/v1/images/generations"))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(BODY))
            .build();
    HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
    count(Integer.toString(answer.statusCode()));
    if (answer.statusCode() == 429) {
      Thread.sleep(PAUSE_AFTER_REFUSAL);
    } else if (answer.statusCode() == 200) {
      latencies.add((System.nanoTime() - begin) / 1e9);
      String job = get("/v1/jobs/" + first(JOB, answer.body()));
      waits.add(Double.parseDouble(first(STARTED, job)) - Double.parseDouble(first(CREATED, job)));
    }
  }

  private void count(String answer) {
    answers.computeIfAbsent(answer, each -> new LongAdder()).increment();
  }

  private String get(String path) throws IOException, InterruptedException {
    HttpRequest request = HttpRequest.newBuilder(URI.create(server + path)).build();
    HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
    if (answer.statusCode() != 200) {
      throw new IOException(path + " was answered with " + answer.statusCode());
    }
    return answer.body();
  }

  private static String first(Pattern pattern, String text) throws IOException {
    Matcher matcher = pattern.matcher(text);
    if (!matcher.find()) {
      throw new IOException("wanted %s in an answer, found %s".formatted(pattern, text));
    }
    return matcher.group(1);
  }

  /**
   * The server's memory at one time, in bytes.
   *
   * @param resident that no file backs: Java's heap, and what native code and the JVM itself hold
   * @param heap Java's, all of which is resident since the script has it touched at the start
   * @param handles of libtorch that are alive
   */
  private record Memory(double resident, double heap, double handles) {
    static Memory of(long pid, String metrics) throws IOException {
      String status = Files.readString(Path.of("/proc", Long.toString(pid), "status"));
      double resident = Double.parseDouble(first(Pattern.compile("RssAnon:\\s+(\\d+) kB"), status)) * 1024;
      return new Memory(resident, heap(metrics), metric("lssgen_native_handles", metrics));
    }

    private static double heap(String metrics) {
      return Pattern.compile("(?m)^jvm_memory_committed_bytes\\{area=\"heap\".*} (\\S+)$")
          .matcher(metrics)
          .results()
          .mapToDouble(result -> Double.parseDouble(result.group(1)))
          .sum();
    }

    private static double metric(String name, String metrics) throws IOException {
      return Double.parseDouble(first(Pattern.compile("(?m)^" + name + " (\\S+)$"), metrics));
    }

    double nativeMegabytes() {
      return (resident - heap) / (1 << 20);
    }
  }

  private boolean report(List<Memory> samples) {
    System.out.println("answers by status     " + answers);
    System.out.println("wait in the queue     " + percentiles(waits));
    System.out.println("request to picture    " + percentiles(latencies));
    double[] thirds = new double[3];
    for (int i = 0; i < 3; i++) {
      thirds[i] =
          samples.subList(samples.size() * i / 3, samples.size() * (i + 1) / 3).stream()
              .mapToDouble(Memory::nativeMegabytes)
              .average()
              .orElseThrow();
    }
    System.out.printf(
        "native memory         %.1f MB in the first third of the time, %.1f in the middle one, %.1f in the last;"
            + " Java's heap %.0f MB%n",
        thirds[0], thirds[1], thirds[2], samples.get(0).heap() / (1 << 20));
    double most = samples.stream().mapToDouble(Memory::handles).max().orElseThrow();
    System.out.printf("libtorch's handles    at most %.0f%n", most);
    double growth = thirds[2] / thirds[1] - 1;
    boolean flat = growth <= FLAT;
    boolean clean = List.of("200", "429").containsAll(answers.keySet()) && answers.containsKey("200");
    System.out.printf(
        "verdict               native memory is %s (%+.1f %% from the middle to the last third); %s%n",
        flat ? "flat" : "NOT FLAT", growth * 100, clean ? "no answer but 200 and 429" : "OTHER ANSWERS");
    return flat && clean;
  }

  private static String percentiles(List<Double> seconds) {
    List<Double> sorted = new ArrayList<>(seconds);
    if (sorted.isEmpty()) {
      return "of no picture";
    }
    Collections.sort(sorted);
    return "p50 %.2f s, p95 %.2f s, of %d pictures"
        .formatted(sorted.get(sorted.size() / 2), sorted.get(sorted.size() * 95 / 100), sorted.size());
  }
}
