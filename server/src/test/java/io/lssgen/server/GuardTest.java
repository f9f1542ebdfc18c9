package io.lssgen.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.errors.UsageException;
import io.lssgen.server.TinyServer.Answer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Requests that must not get through, each as an attacker would send it. */
class GuardTest {
  private static final String KEY = "a-key-that-is-long-enough";
  private static final String PROMPT = "{'prompt': 'an apple'}";

  @RegisterExtension static final TinyServer open = new TinyServer();

  @RegisterExtension
  static final TinyServer locked = new TinyServer(options -> options.withApiKey(KEY));

  @Test
  void pagesOfOtherSitesCannotPost() {
    Answer foreign = open.post("/v1/jobs", PROMPT, "Origin", "https://evil.example");
    assertThat(foreign.status()).isEqualTo(403);
    assertThat(foreign.raw().headers().firstValue("Access-Control-Allow-Origin")).isEmpty();
    assertThat(open.post("/v1/jobs", PROMPT, "Sec-Fetch-Site", "cross-site").status())
        .isEqualTo(403);
    assertThat(open.post("/sdapi/v1/txt2img", PROMPT, "Origin", "http://localhost:1").status())
        .as("another port is another origin")
        .isEqualTo(403);
    assertThat(open.send("POST", "/sdapi/v1/interrupt", null, "Origin", "http://a.b").status())
        .isEqualTo(403);
    assertThat(open.get("/v1/images", "Sec-Fetch-Site", "cross-site").status()).isEqualTo(403);
  }

  @Test
  void otherSitesCannotTakeAnswersIntoTheirPages() {
    for (String path : List.of("/", "/v1/images", "/assets/main.js", "/no/such/path")) {
      Answer answer = open.get(path);
      assertThat(answer.header("Cross-Origin-Resource-Policy")).as(path).isEqualTo("same-origin");
      assertThat(answer.header("Cross-Origin-Opener-Policy")).as(path).isEqualTo("same-origin");
      assertThat(answer.header("Content-Security-Policy"))
          .as(path)
          .contains("default-src 'self'", "frame-ancestors 'none'");
      assertThat(answer.header("X-Content-Type-Options")).as(path).isEqualTo("nosniff");
      assertThat(answer.header("Referrer-Policy")).as(path).isEqualTo("no-referrer");
    }
  }

  @Test
  void hiddenOriginIsRefused() {
    assertThat(open.post("/v1/jobs", PROMPT, "Origin", "null").status()).isEqualTo(403);
  }

  @Test
  void ownPageIsAnswered() {
    assertThat(open.post("/v1/tokens", PROMPT, "Origin", open.address()).status()).isEqualTo(200);
  }

  @Test
  void preflightGrantsNothing() {
    Answer answer =
        open.send(
            "OPTIONS",
            "/v1/jobs",
            null,
            "Origin",
            "https://evil.example",
            "Access-Control-Request-Method",
            "POST");
    assertThat(answer.status()).isEqualTo(403);
    assertThat(answer.raw().headers().firstValue("Access-Control-Allow-Methods")).isEmpty();
  }

  @Test
  void rebornNamesAreRefused() throws IOException {
    for (String host : List.of("evil.example", "127.0.0.1.evil.example", "localhost.evil", "")) {
      String answer = RawHttp.send(open.port(), "", "GET /v1/images HTTP/1.1", "Host: " + host);
      assertThat(RawHttp.status(answer)).as(host).isIn(400, 403);
    }
    for (String host : List.of("localhost:" + open.port(), "127.0.0.1", "[::1]:80")) {
      String answer = RawHttp.send(open.port(), "", "GET /v1/models HTTP/1.1", "Host: " + host);
      assertThat(RawHttp.status(answer)).as(host).isEqualTo(200);
    }
  }

  @Test
  void namesThatWereAllowedAreAnswered(@TempDir Path other) throws IOException {
    try (TinyServer named =
        new TinyServer(options -> options.withHosts(Set.of("Pictures.lan"))).start(other)) {
      for (String host : List.of("pictures.lan", "PICTURES.LAN:80", "localhost")) {
        String answer = RawHttp.send(named.port(), "", "GET /v1/models HTTP/1.1", "Host: " + host);
        assertThat(RawHttp.status(answer)).as(host).isEqualTo(200);
      }
      for (String host : List.of("evil.pictures.lan", "pictures.lan.evil")) {
        String answer = RawHttp.send(named.port(), "", "GET /v1/models HTTP/1.1", "Host: " + host);
        assertThat(RawHttp.status(answer)).as(host).isEqualTo(403);
      }
    }
  }

  @Test
  void formsOfOtherSitesHaveTheWrongType() throws IOException {
    for (String type : List.of("text/plain", "application/x-www-form-urlencoded", "x")) {
      String body = PROMPT.replace('\'', '"');
      String answer =
          RawHttp.send(
              open.port(),
              body,
              "POST /v1/jobs HTTP/1.1",
              "Host: localhost",
              "Content-Type: " + type,
              "Content-Length: " + body.length());
      assertThat(RawHttp.status(answer)).as(type).isEqualTo(415);
    }
  }

  @Test
  void readingChangesNothing() {
    for (String path : List.of("/sdapi/v1/interrupt", "/sdapi/v1/txt2img", "/v1/estimate")) {
      Answer answer = open.get(path);
      assertThat(answer.status()).as(path).isEqualTo(405);
      assertThat(answer.header("Allow")).as(path).isEqualTo("POST");
    }
    assertThat(open.server().routes())
        .filteredOn(route -> route.startsWith("get "))
        .noneMatch(
            route -> route.matches(".*(interrupt|skip|txt2img|generations|estimate|tokens)"));
  }

  @Test
  void keyIsWanted() {
    for (String path : List.of("/v1/models", "/v1/images", "/sdapi/v1/options", "/metrics")) {
      assertThat(locked.get(path).status()).as(path).isEqualTo(401);
    }
    Answer missing = locked.post("/v1/jobs", PROMPT);
    assertThat(missing.status()).isEqualTo(401);
    assertThat(missing.json().get("error").get("code").asText()).isEqualTo("invalid_api_key");
    for (String wrong :
        List.of("Bearer", "Bearer ", "Bearer " + KEY + "x", "Bearer " + KEY.substring(1), KEY)) {
      assertThat(locked.get("/v1/models", "Authorization", wrong).status())
          .as(wrong)
          .isEqualTo(401);
    }
    assertThat(locked.get("/livez").status()).isEqualTo(200);
  }

  @Test
  void keyOpensAsTokenAndAsPassword() {
    String basic =
        Base64.getEncoder().encodeToString(("me:" + KEY).getBytes(StandardCharsets.UTF_8));
    assertThat(locked.get("/v1/models", "Authorization", "Bearer " + KEY).status()).isEqualTo(200);
    assertThat(locked.get("/sdapi/v1/options", "Authorization", "Basic " + basic).status())
        .isEqualTo(200);
    assertThat(locked.get("/sdapi/v1/options", "Authorization", "Bearer " + KEY).json().toString())
        .doesNotContain(KEY);
  }

  @Test
  void picturesNeedTheirNameAlone() {
    String id =
        locked
            .post("/v1/images/generations", PROMPT, "Authorization", "Bearer " + KEY)
            .json()
            .get("lssgen")
            .get("job")
            .asText();
    String image =
        locked
            .get("/v1/jobs/" + id, "Authorization", "Bearer " + KEY)
            .json()
            .get("images")
            .get(0)
            .get("id")
            .asText();
    assertThat(locked.get("/v1/images/" + image).status()).isEqualTo(200);
    assertThat(locked.send("DELETE", "/v1/images/" + image, null).status()).isEqualTo(401);
    assertThat(locked.get("/v1/images/" + image + "/info").status()).isEqualTo(401);
  }

  @Test
  void withoutKeyNoOtherMachineIsListenedTo() {
    assertThatThrownBy(() -> options("0.0.0.0", Optional.empty()))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("without an API key");
    assertThatThrownBy(() -> options("::", Optional.empty())).isInstanceOf(UsageException.class);
    assertThatThrownBy(() -> options("0.0.0.0", Optional.of("short")))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("at least 16");
    assertThat(options("0.0.0.0", Optional.of(KEY)).host()).isEqualTo("0.0.0.0");
    assertThat(options("::1", Optional.empty()).host()).isEqualTo("::1");
  }

  private static ServerOptions options(String host, Optional<String> key) {
    return new ServerOptions(
        host,
        0,
        key,
        Set.of(),
        ServedModels.of(List.of(Path.of("model"))),
        Path.of("data"),
        Limits.usual(),
        ServerOptions.AfterCrash.FAIL,
        Duration.ofSeconds(1),
        Duration.ofSeconds(1));
  }

  @Test
  void dataBelongsToOneServer() {
    assertThatThrownBy(() -> new TinyServer().start(open.data()))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("another server");
  }
}
