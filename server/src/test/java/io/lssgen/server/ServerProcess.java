package io.lssgen.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import io.lssgen.tensor.TorchRuntime;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A server in a process of its own, which can be killed. */
final class ServerProcess {
  private final HttpClient http = HttpClient.newHttpClient();
  private final Process process;
  private final String address;

  private ServerProcess(Process process, String address) {
    this.process = process;
    this.address = address;
  }

  static ServerProcess start(Path data, ServerOptions.AfterCrash afterCrash) throws IOException {
    String classPath =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                classPath,
                ServerProcess.class.getName(),
                data.toString(),
                afterCrash.name())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    BufferedReader out = process.inputReader();
    String address = out.readLine();
    if (address == null) {
      throw new AssertionError("the server's process ended at once");
    }
    return new ServerProcess(process, address);
  }

  /** What runs in the process. */
  public static void main(String[] arguments) {
    TorchRuntime.threads(1);
    LssGenServer server =
        LssGenServer.start(
            ServerOptions.local(List.of(TinyServer.resource("/tiny-flux")), Path.of(arguments[0]))
                .withAfterCrash(ServerOptions.AfterCrash.valueOf(arguments[1])));
    Runtime.getRuntime().addShutdownHook(new Thread(server::close));
    server.ready().join();
    System.out.println(server.address());
    System.out.flush();
  }

  HttpResponse<byte[]> send(String method, String path, String body) {
    try {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create(address + path))
              .header("Content-Type", "application/json")
              .method(method, HttpRequest.BodyPublishers.ofString(body.replace('\'', '"')))
              .build();
      return http.send(request, HttpResponse.BodyHandlers.ofByteArray());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Uploads a file of requests and gives its name. */
  String upload(String content) throws IOException, InterruptedException {
    HttpRequest form =
        FileForm.of(
                address + "/v1/files",
                Map.of("file", content.getBytes(UTF_8)),
                Map.of("purpose", "batch"))
            .build();
    byte[] answer = http.send(form, HttpResponse.BodyHandlers.ofByteArray()).body();
    return TinyServer.JSON.readTree(answer).get("id").asText();
  }

  byte[] bytes(String path) {
    return send("GET", path, "").body();
  }

  JsonNode json(String method, String path, String body) {
    try {
      return TinyServer.JSON.readTree(send(method, path, body).body());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  JsonNode job(String id) {
    return json("GET", "/v1/jobs/" + id, "");
  }

  JsonNode await(String id, String status) throws InterruptedException {
    for (int i = 0; i < 3000; i++) {
      JsonNode job = job(id);
      if (job.get("status").asText().equals(status)) {
        return job;
      }
      Thread.sleep(20);
    }
    throw new AssertionError("still " + job(id));
  }

  /** As {@code kill -9}. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /** As {@code kill}, which asks; waits until it is gone. */
  int stop() throws InterruptedException {
    process.destroy();
    return process.waitFor();
  }

  Process process() {
    return process;
  }
}
