package io.lssgen.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.server.TinyServer.Answer;
import io.lssgen.server.http.Bodies;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.DeflaterOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Requests that ask for too much, each refused before it costs anything. */
class AbuseTest {
  private static final String JOBS = "/v1/jobs";
  private static final String TXT2IMG = "/sdapi/v1/txt2img";

  @RegisterExtension
  static final TinyServer server =
      new TinyServer(options -> options.withPatience(Duration.ofSeconds(2)));

  @Test
  void hugeNumbersAreRefused() {
    for (String field :
        List.of(
            "'n': 1000000000",
            "'n': 1e18",
            "'n': 99999999999999999999999999",
            "'n': -1",
            "'n': 1.5",
            "'n': " + (Limits.usual().images() + 1),
            "'steps': 100000",
            "'steps': " + (Limits.usual().steps() + 1),
            "'num_inference_steps': " + (Limits.usual().steps() + 1),
            "'size': '16384x16384'",
            "'size': '999999999x999999999'",
            "'size': '2048x2064'",
            "'width': 16384, 'height': 16384",
            "'width': 2048, 'height': 2064",
            "'width': 2147483647",
            "'seed': 1e300",
            "'guidance_scale': 1e999",
            "'lssgen': {'start_sigma': -1}",
            "'lssgen': {'min_size': 0}")) {
      Answer answer = server.post(JOBS, "{'prompt': 'a', " + field + "}");
      assertThat(answer.status()).as(field).isIn(400, 422);
    }
  }

  @Test
  void hugeNumbersAreRefusedByItsOtherNames() {
    for (String field :
        List.of(
            "'batch_size': 10, 'n_iter': 10",
            "'batch_size': 11",
            "'steps': 201",
            "'width': 2048, 'height': 2064",
            "'width': 1024, 'height': 1024, 'enable_hr': true, 'hr_scale': 8",
            "'hr_scale': 1e9",
            "'width': 1e9")) {
      Answer answer = server.post(TXT2IMG, "{'prompt': 'a', " + field + "}");
      assertThat(answer.status()).as(field).isEqualTo(422);
    }
  }

  /** Nobody names a size: what a model does by itself is known once it is loaded. */
  @Test
  void modelsOwnSizesAreBounded(@TempDir Path data) throws InterruptedException {
    Limits small = Limits.usual().withPixels(32 * 32);
    try (TinyServer other = new TinyServer(options -> options.withLimits(small)).start(data)) {
      assertThat(other.post(JOBS, "{'prompt': 'a'}").status()).isEqualTo(422);
      String job = other.submit("{'prompt': 'a', 'model': 'tiny-sd'}");
      assertThat(other.await(job, "failed", "completed").path("error").path("code").asText())
          .isEqualTo("unsupported_value");
    }
  }

  @Test
  void oneClientDoesNotFillTheQueue() throws InterruptedException {
    List<String> own = new ArrayList<>();
    for (int i = 0; i < Limits.usual().perClient(); i++) {
      own.add(server.submit(TinyServer.LONG));
    }

    Answer refused = server.post(JOBS, TinyServer.LONG);

    assertThat(refused.status()).isEqualTo(429);
    assertThat(refused.json().get("error").get("code").asText()).isEqualTo("too_many_jobs");
    Collections.reverse(own); // those that wait first, so that none of them begins
    own.forEach(job -> server.send("DELETE", JOBS + "/" + job, null));
    for (String job : own) {
      server.await(job, "cancelled");
    }
  }

  @Test
  void longPromptsAreRefused() {
    String text = "a".repeat(Limits.usual().prompt() + 1);
    for (String path :
        List.of(JOBS, "/v1/images/generations", "/v1/tokens", "/v1/estimate", TXT2IMG)) {
      Answer answer = server.post(path, "{'prompt': '" + text + "'}");
      assertThat(answer.status()).as(path).isEqualTo(422);
    }
    for (String path : List.of(JOBS, "/v1/images/generations", "/v1/estimate", TXT2IMG)) {
      Answer answer = server.post(path, "{'prompt': 'a', 'negative_prompt': '" + text + "'}");
      assertThat(answer.status()).as("negative, " + path).isEqualTo(422);
    }
  }

  @Test
  void jsonBombsAreRefused() {
    String deep = "{'prompt': 'a', 'x': " + "[".repeat(100_000) + "]".repeat(100_000) + "}";
    assertThat(server.post(JOBS, deep).status()).isEqualTo(400);
    String digits = "{'prompt': 'a', 'n': " + "9".repeat(100_000) + "}";
    assertThat(server.post(JOBS, digits).status()).isEqualTo(400);
    String named = "{'prompt': 'a', '" + "x".repeat(1000) + "': 1}";
    assertThat(server.post(JOBS, named).status()).isEqualTo(400);
    String twice = "{'prompt': 'a', 'prompt': 'b'}";
    assertThat(server.post(JOBS, twice).status()).isEqualTo(400);
    assertThat(server.post(JOBS, "[1]").status()).isEqualTo(400);
    assertThat(server.post(JOBS, "{'prompt': 'a'} {}").status()).isEqualTo(400);
    assertThat(server.post(JOBS, "{\"prompt\": \"\\ud800").status()).isEqualTo(400);
  }

  @Test
  void largeBodiesAreRefusedBeforeTheyCome() throws IOException {
    assertThat(announced("/v1/tokens", Bodies.TEXT + 1)).isEqualTo(413);
    assertThat(announced("/sdapi/v1/txt2img", Bodies.PICTURE + 1)).isEqualTo(413);
    assertThat(announced(JOBS, Bodies.PICTURE + 1)).isEqualTo(413);
    assertThat(announced("/sdapi/v1/img2img", Bodies.PICTURE + 1)).isEqualTo(413);
  }

  private static int announced(String path, int length) throws IOException {
    return RawHttp.status(
        RawHttp.send(
            server.port(),
            "",
            "POST " + path + " HTTP/1.1",
            "Host: localhost",
            "Content-Type: application/json",
            "Content-Length: " + length));
  }

  /**
   * Ends with the first byte too many: what is on its way when the answer comes would have the
   * connection reset, and could hide the answer from the client.
   */
  @Test
  void chunkedBodiesAreMeasuredWhileTheyCome() throws IOException {
    String chunk = "10000\r\n" + "a".repeat(0x10000) + "\r\n";
    String answer =
        RawHttp.send(
            server.port(),
            chunk.repeat(Bodies.TEXT / 0x10000) + "10000\r\na",
            "POST /v1/tokens HTTP/1.1",
            "Host: localhost",
            "Content-Type: application/json",
            "Transfer-Encoding: chunked");
    assertThat(RawHttp.status(answer)).isEqualTo(413);
  }

  /** Each that is under way may hold tens of megabytes; who only asks is served meanwhile. */
  @Test
  void fewLargeBodiesAreReadAtOnce(@TempDir Path data) throws IOException {
    // On a busy machine the first two must not be given up before the third has waited.
    try (TinyServer patient =
        new TinyServer(options -> options.withPatience(Duration.ofSeconds(10))).start(data)) {
      List<Socket> sending = new ArrayList<>();
      try {
        for (int i = 0; i < 2; i++) {
          sending.add(large(patient));
        }
        assertThat(patient.post("/v1/tokens", "{'prompt': 'a'}").status()).isEqualTo(200);
        assertThat(patient.post(JOBS, "{'prompt': 'an apple', 'steps': 1}").status())
            .isEqualTo(202);
        try (Socket third = large(patient)) {
          assertThat(RawHttp.status(RawHttp.answer(third))).isEqualTo(503);
        }
      } finally {
        for (Socket socket : sending) {
          socket.close();
        }
      }
      String image = "x".repeat(Bodies.TEXT + 1);
      assertThat(patient.post(JOBS, "{'prompt': 'a', 'image': '" + image + "'}").status())
          .as("room again")
          .isEqualTo(422);
    }
  }

  /** One that has sent more than a text. */
  private static Socket large(TinyServer to) throws IOException {
    return RawHttp.open(
        to.port(),
        "{"
            .repeat(
                Bodies.TEXT
                    + 1), // all of it is read before it waits, so that no reset hides the answer
        "POST /v1/jobs HTTP/1.1",
        "Host: localhost",
        "Content-Type: application/json",
        "Content-Length: " + Bodies.PICTURE);
  }

  @Test
  void slowBodiesAreGivenUp() throws IOException, InterruptedException {
    try (Socket socket =
        RawHttp.open(
            server.port(),
            "",
            "POST /v1/jobs HTTP/1.1",
            "Host: localhost",
            "Content-Type: application/json",
            "Content-Length: 1000")) {
      assertThat(dripsUntilGivenUp(socket)).isLessThan(1000);
    }
    assertThat(server.get("/livez").status()).isEqualTo(200);
  }

  /** Sends a body byte by byte, often enough to be no idle connection; how many it got rid of. */
  private static int dripsUntilGivenUp(Socket socket) throws InterruptedException {
    int sent = 0;
    try {
      while (sent < 1000 && socket.getInputStream().available() == 0) {
        socket.getOutputStream().write(' ');
        sent++;
        Thread.sleep(20);
      }
    } catch (IOException e) {
      // Hung up on: just as well.
    }
    return sent;
  }

  @Test
  void namesLeadNowhereElse() throws IOException {
    for (String path :
        List.of(
            "/v1/images/..%2f..%2flssgen.db",
            "/v1/images/../../lssgen.db",
            "/v1/images/%2e%2e/lssgen.db",
            "/v1/images/..;/lssgen.db",
            "/v1/images/%00",
            "/assets/../openapi.yaml",
            "/assets/..%2fopenapi.yaml",
            "/assets/%2e%2e%2fopenapi.yaml",
            "/assets/..%5copenapi.yaml",
            "/assets//etc/passwd",
            "/v1/jobs/..%2f..%2fetc%2fpasswd",
            "/v1/models/..%2f..%2fetc")) {
      String answer =
          RawHttp.send(server.port(), "", "GET " + path + " HTTP/1.1", "Host: localhost");
      assertThat(RawHttp.status(answer)).as(path).isIn(400, 404);
      assertThat(answer).as(path).doesNotContain("SQLite").doesNotContain("root:");
    }
  }

  @Test
  void tinyPngWithHugeSizeIsRefused() throws IOException {
    Answer answer = info(png(1 << 30, 1 << 30, 0));
    assertThat(answer.status()).isEqualTo(422);
    assertThat(answer.json().toString()).contains("pixels");
  }

  @Test
  void textsThatGrowAreNotAllInflated() throws IOException {
    long begin = System.nanoTime();
    Answer answer = info(png(64, 64, 200)); // 800 MB, were all of them read
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.raw().body().length).isLessThan(20 << 20);
    assertThat((System.nanoTime() - begin) / 1e9).isLessThan(10);
  }

  @Test
  void addressesAreNotFetched() throws IOException {
    try (ServerSocket bait = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String address = "http://127.0.0.1:" + bait.getLocalPort() + "/picture.png";
      for (String body :
          List.of("{'image': '" + address + "'}", "{'image': 'file:///etc/passwd'}")) {
        assertThat(server.post("/sdapi/v1/png-info", body).status()).as(body).isEqualTo(422);
      }
      bait.setSoTimeout(200);
      assertThatThrownBy(bait::accept).isInstanceOf(SocketTimeoutException.class);
    }
  }

  @Test
  void wrongQueriesAreRefused() {
    for (String query :
        List.of(
            "count=0", "count=201", "count=x", "before=-1", "starred=maybe", "count=1&count=2")) {
      assertThat(server.get("/v1/images?" + query).status()).as(query).isEqualTo(400);
    }
    assertThat(server.get("/v1/images?count=200&starred=False").status()).isEqualTo(200);
    assertThat(server.get("/sdapi/v1/progress?skip_current_image=2").status()).isEqualTo(422);
  }

  private static Answer info(byte[] file) {
    return server.post(
        "/sdapi/v1/png-info", "{'image': '" + Base64.getEncoder().encodeToString(file) + "'}");
  }

  /** A PNG of little but its head, with compressed texts of 4 MB each. */
  private static byte[] png(int width, int height, int texts) throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    DataOutputStream fields = new DataOutputStream(head);
    fields.writeInt(width);
    fields.writeInt(height);
    fields.write(new byte[] {8, 2, 0, 0, 0});
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    text.write("bomb\0\0".getBytes(ISO_8859_1));
    try (DeflaterOutputStream deflater = new DeflaterOutputStream(text)) {
      deflater.write(new byte[4_000_000]);
    }
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    file.write(new byte[] {(byte) 0x89, 'P', 'N', 'G', 13, 10, 26, 10});
    chunk(file, "IHDR", head.toByteArray());
    for (int i = 0; i < texts; i++) {
      chunk(file, "zTXt", text.toByteArray());
    }
    chunk(file, "IEND", new byte[0]);
    return file.toByteArray();
  }

  private static void chunk(ByteArrayOutputStream file, String type, byte[] data)
      throws IOException {
    DataOutputStream out = new DataOutputStream(file);
    CRC32 sum = new CRC32();
    sum.update(type.getBytes(ISO_8859_1));
    sum.update(data);
    out.writeInt(data.length);
    out.writeBytes(type);
    out.write(data);
    out.writeInt((int) sum.getValue());
  }

  @Test
  void markupStaysText() {
    String prompt = "<script>alert(1)</script>\\n<img src=x onerror=alert(2)>";
    Answer answer = server.post("/v1/images/generations", "{'prompt': '" + prompt + "'}");

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.header("Content-Type")).startsWith("application/json");
    assertThat(answer.header("X-Content-Type-Options")).isEqualTo("nosniff");
    assertThat(server.get("/v1/images").json().get("data").get(0).get("prompt").asText())
        .isEqualTo(prompt.replace("\\n", "\n"));
    Answer wrong = server.post(JOBS, "{'prompt': 'a', 'sampler': '<b>x</b>'}");
    assertThat(wrong.header("Content-Type")).startsWith("application/json");
  }
}
