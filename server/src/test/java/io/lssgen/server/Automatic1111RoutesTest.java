package io.lssgen.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.lssgen.server.TinyServer.Answer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Base64;
import java.util.concurrent.CompletableFuture;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class Automatic1111RoutesTest {
  private static final String TXT2IMG = "/sdapi/v1/txt2img";

  @RegisterExtension static final TinyServer server = new TinyServer();

  @Test
  void picturesComeWithTheirSettings() throws IOException {
    Answer answer =
        server.post(
            TXT2IMG,
            "{'prompt': 'an apple', 'negative_prompt': 'a pear', 'seed': 4, 'steps': 3,"
                + " 'sampler_name': 'Euler', 'scheduler': 'Automatic', 'batch_size': 2,"
                + " 'cfg_scale': 2.0, 'distilled_cfg_scale': 1, 'width': 64, 'height': 64, 'styles': [],"
                + " 'subseed': -1}");

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.header("Warning")).isEmpty();
    assertThat(answer.json().get("images")).hasSize(2);
    assertThat(answer.json().get("parameters").get("seed").asInt()).isEqualTo(4);
    JsonNode info = TinyServer.parse(answer.json().get("info").asText());
    assertThat(info.get("all_seeds").toString()).isEqualTo("[4,5]");
    assertThat(info.get("sampler_name").asText()).isEqualTo("Euler");
    assertThat(info.get("cfg_scale").asDouble()).isEqualTo(2);
    assertThat(info.get("infotexts").get(1).asText()).contains("Seed: 5");
    byte[] picture = Base64.getDecoder().decode(answer.json().get("images").get(0).asText());
    assertThat(ImageIO.read(new ByteArrayInputStream(picture)).getHeight()).isEqualTo(64);
  }

  @Test
  void guidanceBelowOneIsToldToCountAsOne() {
    Answer answer = server.post(TXT2IMG, "{'prompt': 'an apple', 'steps': 2, 'cfg_scale': 0.5}");

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.header("Warning")).contains("cfg_scale below 1");
  }

  @Test
  void highResolutionFixBecomesStages() {
    Answer answer =
        server.post(
            TXT2IMG,
            "{'prompt': 'an apple', 'width': 32, 'height': 32, 'enable_hr': true, 'hr_scale': 2,"
                + " 'hr_upscaler': 'Latent (LSSGen)', 'denoising_strength': 0.6, 'steps': 4}");

    JsonNode info = TinyServer.parse(answer.json().get("info").asText());
    assertThat(info.get("width").asInt()).isEqualTo(64);
    assertThat(info.get("infotexts").get(0).asText()).contains("sizes=32x32,64x64");
    assertThat(info.get("infotexts").get(0).asText()).contains("start_sigma=0.6");
  }

  @Test
  void settingsAreReadBackFromPictures() {
    JsonNode made = server.post(TXT2IMG, "{'prompt': 'an apple', 'seed': 8}").json();
    String image = made.get("images").get(0).asText();

    JsonNode info = server.post("/sdapi/v1/png-info", "{'image': '" + image + "'}").json();

    assertThat(info.get("parameters").get("Seed").asText()).isEqualTo("8");
    assertThat(info.get("info").asText()).startsWith("an apple");
    assertThat(info.get("items").has("lssgen")).isTrue();
  }

  @Test
  void progressIsSeenAndInterruptAnswersWithWhatIsThere() throws InterruptedException {
    CompletableFuture<Answer> answer =
        CompletableFuture.supplyAsync(
            () ->
                server.post(
                    TXT2IMG, "{'prompt': 'an apple', 'steps': 200, 'n_iter': 10, 'cfg_scale': 1}"));
    JsonNode progress = server.get("/sdapi/v1/progress").json();
    for (int i = 0; i < 1000 && progress.get("current_image").isNull(); i++) {
      Thread.sleep(10);
      progress = server.get("/sdapi/v1/progress").json();
    }

    assertThat(progress.get("current_image").asText()).isNotBlank();
    assertThat(progress.get("progress").asDouble()).isBetween(1e-6, 1.0);
    assertThat(progress.get("state").get("sampling_steps").asInt()).isPositive();
    assertThat(server.send("POST", "/sdapi/v1/skip", null).status()).isEqualTo(200);
    assertThat(server.send("POST", "/sdapi/v1/interrupt", null).status()).isEqualTo(200);
    Answer interrupted = answer.join();
    assertThat(interrupted.status()).isEqualTo(200);
    assertThat(interrupted.json().get("images").size()).isLessThan(10);
    assertThat(server.get("/sdapi/v1/progress").json().get("progress").asDouble()).isZero();
  }

  @Test
  void skipLeavesOneOut() throws InterruptedException {
    CompletableFuture<Answer> answer =
        CompletableFuture.supplyAsync(
            () ->
                server.post(
                    TXT2IMG, "{'prompt': 'an apple', 'steps': 200, 'n_iter': 2, 'seed': 1}"));
    while (server.get("/sdapi/v1/progress").json().get("progress").asDouble() == 0) {
      Thread.sleep(1);
    }
    server.send("POST", "/sdapi/v1/skip", null);

    JsonNode info = TinyServer.parse(answer.join().json().get("info").asText());
    assertThat(info.get("all_seeds").size()).isLessThanOrEqualTo(1);
  }

  @Test
  void listsHaveWhatClientsChooseFrom() {
    assertThat(server.get("/sdapi/v1/samplers").json().get(0).get("name").asText())
        .isEqualTo("Euler");
    assertThat(server.get("/sdapi/v1/schedulers").json().get(0).get("label").asText())
        .isEqualTo("Automatic");
    assertThat(server.get("/sdapi/v1/sd-models").json().get(0).get("title").asText())
        .isEqualTo("tiny");
    assertThat(server.get("/sdapi/v1/latent-upscale-modes").json().toString())
        .contains("Latent (LSSGen)");
    for (String list : new String[] {"sd-vae", "upscalers", "loras"}) {
      assertThat(server.get("/sdapi/v1/" + list).json().isArray()).isTrue();
    }
    assertThat(server.get("/sdapi/v1/memory").json().get("ram").get("total").asLong()).isPositive();
  }

  @Test
  void optionsChooseTheModel() {
    assertThat(server.post("/sdapi/v1/options", "{'sd_model_checkpoint': 'tiny-sd'}").status())
        .isEqualTo(200);
    try {
      assertThat(server.get("/sdapi/v1/options").json().get("sd_model_checkpoint").asText())
          .isEqualTo("tiny-sd");
      Answer made =
          server.post(
              TXT2IMG,
              "{'prompt': 'an apple', 'sampler_name': 'DPM++ 2M Karras', 'steps': 3, 'width': 64,"
                  + " 'height': 64}");
      assertThat(made.json().get("info").asText()).contains("DPM++ 2M", "Karras");
    } finally {
      server.post("/sdapi/v1/options", "{'sd_model_checkpoint': 'tiny'}");
    }
    Answer back =
        server.post(
            TXT2IMG, "{'prompt': 'b', 'override_settings': {'sd_model_checkpoint': 'tiny'}}");
    assertThat(TinyServer.parse(back.json().get("info").asText()).get("sd_model_name").asText())
        .isEqualTo("tiny");
  }

  @Test
  void errorsHaveTheShapeOfFastApi() {
    Answer wrong = server.post(TXT2IMG, "{'prompt': 'a', 'steps': 'many'}");
    assertThat(wrong.status()).isEqualTo(422);
    assertThat(wrong.json().get("detail").get(0).get("loc").toString())
        .isEqualTo("[\"body\",\"steps\"]");
    Answer many = server.post(TXT2IMG, "{'prompt': 'a', 'batch_size': 10, 'n_iter': 2}");
    assertThat(many.json().get("detail").get(0).get("loc").toString())
        .isEqualTo("[\"body\",\"n_iter\"]");
    Answer none = server.get("/sdapi/v1/nothing");
    assertThat(none.status()).isEqualTo(404);
    assertThat(none.json().get("detail").isTextual()).isTrue();
    Answer sampler = server.post(TXT2IMG, "{'prompt': 'a', 'sampler_name': 'Nonsense'}");
    assertThat(sampler.status()).isEqualTo(422);
  }
}
