package io.lssgen.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.errors.UsageException;
import io.lssgen.server.TinyServer.Answer;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** LoRAs that prompts name, from the server's folder of them. */
class LoraRequestsTest {
  @RegisterExtension
  static final TinyServer server =
      new TinyServer(
          options -> options.withModels(options.models().withLoras(TinyServer.resource("/loras"))));

  @TempDir Path folder;

  private static String picture(String prompt) {
    Answer answer =
        server.post("/sdapi/v1/txt2img", "{'prompt': '" + prompt + "', 'seed': 3, 'steps': 3}");
    assertThat(answer.status()).isEqualTo(200);
    return answer.json().get("images").get(0).asText();
  }

  @Test
  void theyAreListedByNameAlone() {
    assertThat(server.get("/sdapi/v1/loras").json().findValuesAsText("name"))
        .contains("flux-kohya", "sd-tiny-peft")
        .isSorted();
    assertThat(server.get("/sdapi/v1/loras").json().toString()).doesNotContain("/");
  }

  @Test
  void theyChangeThePictureThatNamesThemAndNoOther() {
    String without = picture("an apple");

    assertThat(picture("an apple <lora:flux-kohya:1>")).isNotEqualTo(without);
    assertThat(picture("an apple")).isEqualTo(without);
  }

  @ParameterizedTest
  @ValueSource(strings = {"film", "../loras/flux-kohya", "/etc/passwd", ""})
  void unknownOnesAreRefusedBeforeTheJob(String name) {
    for (String route : new String[] {"/v1/jobs", "/v1/images/generations", "/sdapi/v1/txt2img"}) {
      Answer answer = server.post(route, "{'prompt': 'an apple <lora:" + name + ":1>'}");

      assertThat(answer.status()).isBetween(400, 422);
      assertThat(answer.json().toString())
          .contains("LoRA")
          .doesNotContain(TinyServer.resource("/loras").toString());
    }
  }

  @Test
  void withoutFolderTheyAreRefused() {
    try (TinyServer other = new TinyServer().start(folder)) {
      Answer answer = other.post("/v1/jobs", "{'prompt': 'an apple <lora:flux-kohya:1>'}");

      assertThat(answer.status()).isEqualTo(422);
      assertThat(answer.json().get("error").get("message").asText()).contains("--lora-dir");
      assertThat(other.get("/sdapi/v1/loras").json()).isEmpty();
    }
  }

  @Test
  void missingFolderIsRefusedAtTheStart() {
    TinyServer other =
        new TinyServer(
            options -> options.withModels(options.models().withLoras(folder.resolve("none"))));

    assertThatThrownBy(() -> other.start(folder))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("none");
  }
}
