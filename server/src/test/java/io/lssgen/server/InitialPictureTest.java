package io.lssgen.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.lssgen.image.PngWriter;
import io.lssgen.image.RgbImage;
import io.lssgen.server.TinyServer.Answer;
import io.lssgen.server.TinyServer.Event;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Jobs that begin with a picture, by all three APIs. */
class InitialPictureTest {
  private static final byte[] STRIPES = striped(96, 64, 24);
  private static final String WISH =
      "'prompt': 'an apple', 'seed': 3, 'steps': 4, 'image': '%s', 'strength': 0.5";

  @RegisterExtension static final TinyServer server = new TinyServer();

  @TempDir Path folder;

  private static byte[] striped(int width, int height, int period) {
    byte[] rgb = new byte[width * height * 3];
    for (int i = 0; i < rgb.length; i++) {
      rgb[i] = (byte) (i / period % 2 == 0 ? 200 : 30);
    }
    return PngWriter.encode(new RgbImage(width, height, rgb), List.of());
  }

  private static String base64(byte[] file) {
    return Base64.getEncoder().encodeToString(file);
  }

  private static Answer edit(byte[] image, Map<String, String> fields) throws IOException {
    return server.send(form(image, fields));
  }

  private static HttpRequest.Builder form(byte[] image, Map<String, String> fields)
      throws IOException {
    return FileForm.edit(server, image.length == 0 ? Map.of() : Map.of("image", image), fields);
  }

  private static Answer img2img(String more) {
    return server.post(
        "/sdapi/v1/img2img",
        "{'prompt': 'an apple', 'seed': 3, 'steps': 4, 'init_images': ['%s'], %s}"
            .formatted(base64(STRIPES), more));
  }

  private static JsonNode made(String image) throws InterruptedException {
    return server.await(server.submit("{" + WISH.formatted(image) + "}"), "completed");
  }

  private static byte[] picture(JsonNode job) {
    return server.get(job.get("images").get(0).get("url").asText()).raw().body();
  }

  private static int[] pixels(byte[] file) throws IOException {
    BufferedImage image = ImageIO.read(new ByteArrayInputStream(file));
    return image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
  }

  @Test
  void aJobBeginsWithItInOneStageOfItsShape() throws Exception {
    JsonNode job = made("data:image/png;base64," + base64(STRIPES));

    JsonNode stages = job.get("plan").get("stages");
    assertThat(stages).hasSize(1);
    assertThat(stages.get(0).get("width").asInt()).as("pixels as the model's own").isEqualTo(64);
    assertThat(stages.get(0).get("steps").asInt()).as("half of four").isEqualTo(2);
    assertThat(job.get("request").get("strength").asDouble()).isEqualTo(0.5);
    assertThat(pixels(picture(job)))
        .isEqualTo(pixels(picture(made(base64(STRIPES)))))
        .isNotEqualTo(pixels(picture(made(base64(striped(96, 64, 36))))));
    try (Stream<Path> left = Files.list(server.data().resolve("initial"))) {
      assertThat(left).isEmpty();
    }
  }

  @Test
  void allApisMakeTheSamePicture() throws Exception {
    int[] wanted = pixels(picture(made(base64(STRIPES))));

    Answer edited =
        edit(
            STRIPES,
            Map.of(
                "prompt",
                "an apple",
                "seed",
                "3",
                "steps",
                "4",
                "strength",
                "0.5",
                "n",
                "1",
                "lssgen[plain]",
                "true",
                "stream",
                "false",
                "input_fidelity",
                "low"));
    assertThat(edited.status()).as(edited.json().toString()).isEqualTo(200);
    byte[] file =
        Base64.getDecoder().decode(edited.json().get("data").get(0).get("b64_json").asText());
    assertThat(pixels(file)).isEqualTo(wanted);

    Answer varied = img2img("'denoising_strength': 0.5, 'resize_mode': 1");
    assertThat(varied.status()).as(varied.json().toString()).isEqualTo(200);
    JsonNode body = varied.json();
    assertThat(pixels(Base64.getDecoder().decode(body.get("images").get(0).asText())))
        .isEqualTo(wanted);
    assertThat(body.get("parameters").has("init_images")).isFalse();
    assertThat(TinyServer.parse(body.get("info").asText()).get("denoising_strength").asDouble())
        .isEqualTo(0.5);
  }

  @Test
  void aStreamOfEditsHasTheirNames() throws IOException {
    List<Event> events =
        server.events(
            form(STRIPES, Map.of("prompt", "an apple", "steps", "2", "stream", "true")).build());

    assertThat(events).extracting(Event::name).containsExactly("image_edit.completed");
    assertThat(events.get(0).data().get("type").asText()).isEqualTo("image_edit.completed");
  }

  @Test
  void aJobThatWaitsHasItAfterARestart() throws Exception {
    String id;
    try (TinyServer first = new TinyServer().start(folder)) {
      first.await(first.submit(TinyServer.LONG), "running");
      id = first.submit("{" + WISH.formatted(base64(STRIPES)) + "}");
    }
    try (TinyServer again = new TinyServer().start(folder)) {
      JsonNode job = again.await(id, "completed");
      byte[] file = again.get(job.get("images").get(0).get("url").asText()).raw().body();
      assertThat(pixels(file)).isEqualTo(pixels(picture(made(base64(STRIPES)))));
    }
  }

  @Test
  void whatIsNoSuchPictureIsRefused() throws IOException {
    byte[] cut = Arrays.copyOf(STRIPES, STRIPES.length / 2);
    byte[] huge = STRIPES.clone();
    huge[16] = 0x7f; // the width's first byte
    for (String image : List.of("", "no base64", "file:///etc/passwd", base64(cut), base64(huge))) {
      Answer answer = server.post("/v1/jobs", "{" + WISH.formatted(image) + "}");
      assertThat(answer.status()).as(image).isEqualTo(422);
      assertThat(answer.json().get("error").get("param").asText()).isEqualTo("image");
    }
    assertThat(edit("GIF89a".getBytes(ISO_8859_1), Map.of("prompt", "an apple")).status())
        .isEqualTo(422);
  }

  @Test
  void wrongWishesAreRefusedWithTheirField() throws IOException {
    assertRefused(edit(new byte[0], Map.of("prompt", "an apple")), 400, "image");
    assertRefused(edit(STRIPES, Map.of("prompt", "an apple", "n", "two")), 400, "n");
    assertRefused(edit(STRIPES, Map.of("prompt", "an apple", "mask", "x")), 422, "mask");
    assertRefused(edit(STRIPES, Map.of("prompt", "an apple", "image[]", "x")), 422, "image");
    assertRefused(edit(STRIPES, Map.of("prompt", "an apple", "strength", "0")), 422, "strength");
    assertRefused(edit(STRIPES, Map.of("seed", "3")), 400, "prompt");
    assertThat(server.post("/v1/images/edits", "{'prompt': 'an apple'}").status()).isEqualTo(415);
    assertThat(img2img("'denoising_strength': 0").status()).isEqualTo(422);
    assertThat(img2img("'mask': 'x'").status()).isEqualTo(422);
    assertThat(server.post("/sdapi/v1/img2img", "{'prompt': 'a', 'init_images': []}").status())
        .isEqualTo(422);
    assertThat(server.post("/sdapi/v1/img2img", "{'prompt': 'a', 'init_images': 'x'}").status())
        .isIn(400, 422);
  }

  private static void assertRefused(Answer answer, int status, String field) {
    assertThat(answer.status()).as(answer.json().toString()).isEqualTo(status);
    assertThat(answer.json().get("error").get("param").asText()).isEqualTo(field);
  }

  @Test
  void whatIsRefusedLeavesNoJob() {
    int before = server.get("/v1/jobs").json().get("data").size();
    assertThat(img2img("'send_images': 'yes'").status()).isIn(400, 422);
    assertThat(server.get("/v1/jobs").json().get("data")).hasSize(before);
  }

  /** It has few pixels, but scaling it would want memory for each of its columns. */
  @Test
  void aLongPictureIsRefused() {
    byte[] line = PngWriter.encode(new RgbImage(20_000, 1, new byte[60_000]), List.of());
    Answer answer = server.post("/v1/jobs", "{" + WISH.formatted(base64(line)) + "}");
    assertThat(answer.status()).isEqualTo(422);
    assertThat(answer.json().toString()).contains("20000x1", "16384");
  }

  @Test
  void aBoundaryThatDoesNotEndIsNoForm() throws IOException {
    HttpRequest.Builder request = form(STRIPES, Map.of("prompt", "an apple"));
    request.setHeader("Content-Type", "multipart/form-data; boundary=\"abc");
    assertThat(server.send(request).status()).isEqualTo(415);
  }

  @Test
  void strengthAloneIsWarnedOf() {
    Answer answer = server.post("/v1/jobs", "{'prompt': 'an apple', 'strength': 0.5}");
    assertThat(answer.status()).isEqualTo(202);
    assertThat(answer.header("Warning")).contains("strength has no effect without an image");
  }
}
