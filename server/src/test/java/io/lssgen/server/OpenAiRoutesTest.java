package io.lssgen.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.lssgen.image.PngTexts;
import io.lssgen.server.TinyServer.Answer;
import io.lssgen.server.TinyServer.Event;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.util.Base64;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class OpenAiRoutesTest {
  private static final String PATH = "/v1/images/generations";

  @RegisterExtension static final TinyServer server = new TinyServer();

  private static byte[] picture(JsonNode item) {
    return Base64.getDecoder().decode(item.get("b64_json").asText());
  }

  private static BufferedImage decoded(byte[] file) throws IOException {
    return ImageIO.read(new ByteArrayInputStream(file));
  }

  @Test
  void answersWithPicturesThatSayHowTheyWereMade() throws IOException {
    Answer answer = server.post(PATH, "{'prompt': 'a red apple', 'n': 2, 'seed': 7}");

    assertThat(answer.status()).isEqualTo(200);
    JsonNode body = answer.json();
    assertThat(body.get("created").asLong()).isPositive();
    assertThat(body.get("data")).hasSize(2);
    assertThat(body.get("size").asText()).isEqualTo("64x64");
    assertThat(body.get("output_format").asText()).isEqualTo("png");
    assertThat(body.get("background").asText()).isEqualTo("opaque");
    assertThat(body.get("usage").get("total_tokens").asInt()).isPositive();
    assertThat(body.get("lssgen").get("seeds").toString()).isEqualTo("[7,8]");
    byte[] first = picture(body.get("data").get(0));
    assertThat(decoded(first).getWidth()).isEqualTo(64);
    assertThat(PngTexts.read(new ByteArrayInputStream(first), "picture"))
        .anyMatch(text -> text.keyword().equals("parameters") && text.text().contains("Seed: 7"));
  }

  @Test
  void sameSeedGivesSamePictureInOtherFormats() throws IOException {
    BufferedImage png = null;
    for (String format : List.of("png", "jpeg", "webp")) {
      Answer answer =
          server.post(PATH, "{'prompt': 'an apple', 'seed': 3, 'output_format': '" + format + "'}");

      assertThat(answer.status()).isEqualTo(200);
      byte[] file = picture(answer.json().get("data").get(0));
      assertThat(new String(file, ISO_8859_1))
          .as("a %s says that a model made it", format)
          .contains("trainedAlgorithmicMedia");
      BufferedImage image = decoded(file);
      png = png == null ? image : png;
      assertThat(meanDifference(png, image)).as(format).isLessThan(6);
    }
  }

  /** Of the brightness: JPEG and WebP halve the resolution of colours. */
  private static double meanDifference(BufferedImage one, BufferedImage other) {
    double sum = 0;
    for (int y = 0; y < one.getHeight(); y++) {
      for (int x = 0; x < one.getWidth(); x++) {
        sum += Math.abs(brightness(one.getRGB(x, y)) - brightness(other.getRGB(x, y)));
      }
    }
    return sum / (one.getWidth() * one.getHeight());
  }

  private static double brightness(int rgb) {
    return 0.299 * (rgb >> 16 & 0xff) + 0.587 * (rgb >> 8 & 0xff) + 0.114 * (rgb & 0xff);
  }

  @Test
  void addressesLeadToPictures() {
    JsonNode item =
        server
            .post(PATH, "{'prompt': 'an apple', 'response_format': 'url', 'output_format': 'jpeg'}")
            .json()
            .get("data")
            .get(0);

    URI address = URI.create(item.get("url").asText());
    Answer picture = server.get(address.getPath() + "?" + address.getQuery());

    assertThat(picture.status()).isEqualTo(200);
    assertThat(picture.header("Content-Type")).isEqualTo("image/jpeg");
    assertThat(picture.header("X-Content-Type-Options")).isEqualTo("nosniff");
  }

  @Test
  void unknownFieldsAreNamedInHeaderWithoutBreakingIt() {
    Answer answer =
        server.post(
            PATH,
            "{'prompt': 'an apple', 'colour\\\"\\\\\\u00e9\\r\\nX-Evil: 1': 3, 'lssgen': {'hue': 1}}");

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.header("Warning"))
        .matches("299 lssgen \"[ -~&&[^\"\\\\]]*colour[ -~&&[^\"\\\\]]*lssgen.hue\"");
    assertThat(answer.raw().headers().firstValue("X-Evil")).isEmpty();
  }

  @Test
  void errorsHaveTheShapeThatClientsExpect() {
    Answer none = server.post(PATH, "{}");
    assertThat(none.status()).isEqualTo(400);
    assertThat(none.json().get("error").get("param").asText()).isEqualTo("prompt");
    assertThat(none.json().get("error").get("type").asText()).isEqualTo("invalid_request_error");

    assertThat(server.post(PATH, "{'prompt': 'a', 'model': 'dall-e-9'}").status()).isEqualTo(404);
    assertThat(server.post(PATH, "{'prompt': 'a', 'n': 'two'}").status()).isEqualTo(400);
    assertThat(server.post(PATH, "{'prompt': 'a', 'background': 'transparent'}").status())
        .isEqualTo(400);
    assertThat(server.post(PATH, "{'prompt': 'a', 'size': '65x64'}").json().toString())
        .contains("nearest");
    assertThat(server.get("/v1/nothing").json().get("error").get("message").asText()).isNotBlank();
  }

  @Test
  void whatIsSaidTwiceMustAgree() {
    for (String fields :
        List.of(
            "'size': '64x64', 'width': 128",
            "'size': '64x64', 'height': 32",
            "'steps': 3, 'num_inference_steps': 4")) {
      Answer answer = server.post(PATH, "{'prompt': 'a', " + fields + "}");
      assertThat(answer.status()).as(fields).isEqualTo(422);
      assertThat(answer.json().get("error").get("message").asText()).contains("leave one out");
    }
    String same =
        "{'prompt': 'a', 'size': '64x64', 'width': 64, 'steps': 3, 'num_inference_steps': 3}";
    assertThat(server.post(PATH, same).status()).isEqualTo(200);
  }

  @Test
  void streamShowsLowResolutionFirst() throws IOException {
    List<Event> events =
        server.postStream(
            PATH, "{'prompt': 'an apple', 'stream': true, 'partial_images': 2, 'steps': 8}");

    assertThat(events)
        .extracting(Event::name)
        .containsExactly(
            "image_generation.partial_image",
            "image_generation.partial_image",
            "image_generation.completed");
    assertThat(events.get(0).data().get("partial_image_index").asInt()).isZero();
    assertThat(events.get(0).data().get("size").asText()).isEqualTo("32x32");
    assertThat(decoded(picture(events.get(0).data())).getWidth()).isEqualTo(32);
    assertThat(events.get(1).data().get("partial_image_index").asInt()).isEqualTo(1);
    assertThat(decoded(picture(events.get(1).data())).getWidth()).isEqualTo(64);
    assertThat(events.get(2).data().get("usage").get("output_tokens").asInt()).isPositive();
    assertThat(decoded(picture(events.get(2).data())).getWidth()).isEqualTo(64);
  }

  @Test
  void anotherModelTakesTheFirstOnesPlace() {
    Answer answer = server.post(PATH, "{'prompt': 'an apple', 'model': 'tiny-sd', 'seed': 1}");

    assertThat(answer.status()).isEqualTo(200);
    JsonNode models = server.get("/v1/capabilities").json().get("models");
    assertThat(models.get(0).get("loaded").asBoolean()).isFalse();
    assertThat(models.get(1).get("loaded").asBoolean()).isTrue();
    assertThat(models.get(1).get("family").asText()).isNotBlank();
    assertThat(server.post(PATH, "{'prompt': 'an apple'}").status()).isEqualTo(200);
    assertThat(server.get("/v1/models").json().get("data").get(1).get("id").asText())
        .isEqualTo("tiny-sd");
  }
}
