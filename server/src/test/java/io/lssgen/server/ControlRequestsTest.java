package io.lssgen.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.lssgen.errors.UsageException;
import io.lssgen.image.PngWriter;
import io.lssgen.image.RgbImage;
import io.lssgen.server.TinyServer.Answer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Pictures that jobs follow, through the server's ControlNets. */
class ControlRequestsTest {
  @RegisterExtension
  static final TinyServer server =
      new TinyServer(
          options ->
              options.withModels(
                  options.models().withControlNets(TinyServer.resource("/control-nets"))));

  private static final String SD = "'model': 'tiny-sd', 'seed': 3, 'steps': 3";

  @TempDir Path folder;

  private static String encoded(int step) {
    byte[] rgb = new byte[64 * 64 * 3];
    for (int i = 0; i < rgb.length; i++) {
      rgb[i] = (byte) (i * step);
    }
    return Base64.getEncoder()
        .encodeToString(PngWriter.encode(new RgbImage(64, 64, rgb), List.of()));
  }

  private static String control(String more) {
    return "{'prompt': 'an apple', 'size': '64x64', %s, 'control': [{'image': '%s'%s}]}"
        .formatted(SD, encoded(7), more);
  }

  private static String picture(String body) throws InterruptedException {
    String job = server.submit(body);
    JsonNode done = server.await(job, "completed", "failed");
    assertThat(done.get("status").asText()).as(done.toString()).isEqualTo("completed");
    return done.get("images").get(0).get("id").asText();
  }

  private static byte[] pixels(String id) {
    return server.get("/v1/images/" + id).raw().body();
  }

  @Test
  void theyAreListedByNameAlone() {
    JsonNode list = server.get("/controlnet/model_list").json().get("model_list");
    assertThat(list)
        .extracting(JsonNode::asText)
        .containsExactly("lcm", "sd", "sd-b", "sdxl", "small");
    assertThat(server.get("/v1/capabilities").json().get("control_nets")).isEqualTo(list);
    assertThat(server.get("/controlnet/module_list").json().get("module_list").get(0).asText())
        .isEqualTo("none");
  }

  @Test
  void aJobFollowsAndIsKeptNoLonger() throws Exception {
    String plain = "{'prompt': 'an apple', 'size': '64x64', %s}".formatted(SD);
    byte[] without = pixels(picture(plain));
    byte[] with = pixels(picture(control(", 'net': 'sd', 'strength': 0.7, 'end': 0.8")));

    assertThat(with).isNotEqualTo(without);
    for (int i = 0; i < 3; i++) {
      try (Stream<Path> left = Files.list(server.data().resolve("followed" + i))) {
        assertThat(left).isEmpty();
      }
    }
  }

  @Test
  void automatic1111sUnitsAreFollowed() throws InterruptedException {
    String fields = "'prompt': 'an apple', 'width': 64, 'height': 64, 'seed': 3, 'steps': 3,";
    String unit =
        "{'enabled': true, 'module': 'none', 'model': 'sd [d14c016b]', 'weight': 0.7, 'image': '%s',"
                .formatted(encoded(7))
            + " 'resize_mode': 1, 'guidance_start': 0.0, 'guidance_end': 0.8, 'control_mode': 0}";
    String settings = "'override_settings': {'sd_model_checkpoint': 'tiny-sd'}";
    Answer answer =
        server.post(
            "/sdapi/v1/txt2img",
            "{%s %s, 'alwayson_scripts': {'controlnet': {'args': [%s]}}}"
                .formatted(fields, settings, unit));

    assertThat(answer.status()).as(new String(answer.raw().body())).isEqualTo(200);
    assertThat(answer.header("Warning")).isEmpty();
    byte[] made = Base64.getDecoder().decode(answer.json().get("images").get(0).asText());
    assertThat(answer.json().get("info").asText()).contains("ControlNet 0", "Model: sd [");
    assertThat(made)
        .isEqualTo(
            pixels(picture(control(", 'net': 'sd', 'strength': 0.7, 'start': 0, 'end': 0.8"))));
    Answer disabled =
        server.post(
            "/sdapi/v1/txt2img",
            "{%s %s, 'alwayson_scripts': {'controlnet': {'args': [%s]}}}"
                .formatted(fields, settings, "{'enabled': false, 'model': 'none'}"));
    assertThat(disabled.status()).isEqualTo(200);
    assertThat(disabled.json().get("info").asText()).doesNotContain("ControlNet 0");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        ", 'net': 'none-such' | there is no ControlNet",
        ", 'net': '../control-nets/sd' | there is no ControlNet",
        ", 'net': 'sd', 'strength': 11 | control.strength",
        ", 'net': 'sd', 'start': 0.5, 'end': 0.5 | to a higher one",
        "| --control-net"
      })
  void whatCannotBeIsRefusedBeforeTheJob(String more, String message) throws InterruptedException {
    server.get("/v1/capabilities");
    picture("{'prompt': 'an apple', 'size': '64x64', %s}".formatted(SD)); // so that it is loaded
    Answer answer = server.post("/v1/jobs", control(more == null ? "" : more));

    assertThat(answer.status()).isEqualTo(422);
    assertThat(answer.json().toString())
        .contains(message)
        .doesNotContain(TinyServer.resource("/control-nets").toString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'control': [{'net': 'sd'}]",
        "'control': [{'net': 'sd', 'image': 'bm9uZQ=='}]",
        "'control': [1]",
        "'control': {}",
        "'control': [{}, {}, {}, {}]"
      })
  void listsThatAreNone(String control) {
    Answer answer =
        server.post("/v1/jobs", "{'prompt': 'an apple', %s, %s}".formatted(SD, control));
    assertThat(answer.status()).isBetween(400, 422);
    assertThat(answer.json().toString()).contains("control");
  }

  /** A side that is asked for and a shape make a picture that is larger than is allowed. */
  @Test
  void theShapeOfAPictureDoesNotPassTheLimit() throws InterruptedException {
    picture("{'prompt': 'an apple', 'size': '64x64', %s}".formatted(SD)); // so that it is loaded
    String tall =
        Base64.getEncoder()
            .encodeToString(
                PngWriter.encode(new RgbImage(4, 256, new byte[4 * 256 * 3]), List.of()));
    Answer answer =
        server.post(
            "/v1/jobs",
            "{'prompt': 'an apple', 'width': 1024, %s, 'control': [{'net': 'sd', 'image': '%s'}]}"
                .formatted(SD, tall));
    assertThat(answer.status()).isEqualTo(422);
    assertThat(answer.json().toString()).contains("pixels here, found 1024x65536");
  }

  @Test
  void scriptsThatAreAListHaveNoEffect() {
    Answer answer =
        server.post(
            "/sdapi/v1/txt2img",
            "{'prompt': 'an apple', 'steps': 1, 'width': 64, 'height': 64, 'alwayson_scripts': []}");
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.header("Warning")).doesNotContain("alwayson_scripts");
  }

  @Test
  void aPreprocessorIsRefused() {
    Answer answer =
        server.post(
            "/sdapi/v1/txt2img",
            "{'prompt': 'an apple', 'alwayson_scripts': {'controlnet': {'args': [{'module': 'canny'}]}}}");
    assertThat(answer.status()).isEqualTo(422);
    assertThat(answer.json().toString()).contains("module wants none");
  }

  @Test
  void withoutFolderTheyAreRefused() {
    try (TinyServer other = new TinyServer().start(folder)) {
      Answer answer = other.post("/v1/jobs", control(", 'net': 'sd'"));

      assertThat(answer.status()).isEqualTo(422);
      assertThat(answer.json().toString()).contains("--control-net-dir");
    }
    TinyServer missing =
        new TinyServer(
            options -> options.withModels(options.models().withControlNets(folder.resolve("no"))));
    assertThatThrownBy(() -> missing.start(folder))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("--control-net-dir");
  }
}
