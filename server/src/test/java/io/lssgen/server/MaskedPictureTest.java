package io.lssgen.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.lssgen.image.PngWriter;
import io.lssgen.image.RgbImage;
import io.lssgen.server.TinyServer.Answer;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A part of a picture made anew, by all three APIs, each with its own kind of mask. */
class MaskedPictureTest {
  private static final int SIDE = 64;
  private static final int HALF = SIDE / 2;
  private static final byte[] PICTURE = picture();

  /** The right half is white. */
  private static final byte[] WHITE = mask(0xff000000, 0xffffffff);

  /** The right half is transparent. */
  private static final byte[] ERASED = mask(0xff336699, 0x00ffffff);

  /** The right half is drawn on. */
  private static final byte[] SKETCH = mask(0x00ffffff, 0xff336699);

  /** AUTOMATIC1111's words for what the other APIs do unless told otherwise. */
  private static final String ORIGINAL = ", 'inpainting_fill': 1";

  @RegisterExtension static final TinyServer server = new TinyServer();

  @TempDir Path folder;

  private static byte[] picture() {
    byte[] rgb = new byte[SIDE * SIDE * 3];
    for (int i = 0; i < rgb.length; i++) {
      rgb[i] = (byte) (i / 24 % 2 == 0 ? 200 : 30);
    }
    return PngWriter.encode(new RgbImage(SIDE, SIDE, rgb), List.of());
  }

  private static byte[] mask(int left, int right) {
    BufferedImage image = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_ARGB);
    for (int i = 0; i < SIDE * SIDE; i++) {
      image.setRGB(i % SIDE, i / SIDE, i % SIDE < HALF ? left : right);
    }
    try (ByteArrayOutputStream out = new ByteArrayOutputStream()) {
      ImageIO.write(image, "png", out);
      return out.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String base64(byte[] file) {
    return Base64.getEncoder().encodeToString(file);
  }

  private static String wish(byte[] mask, String more) {
    return "{'prompt': 'an apple', 'seed': 3, 'steps': 4, 'strength': 0.5, 'mask_blur': 0,"
        + " 'image': '%s', 'mask': '%s'%s}".formatted(base64(PICTURE), base64(mask), more);
  }

  private static RgbImage image(byte[] file) throws IOException {
    return RgbImage.of(ImageIO.read(new ByteArrayInputStream(file)));
  }

  private static RgbImage made(TinyServer by, String job) throws Exception {
    JsonNode done = by.await(job, "completed");
    return image(by.get(done.get("images").get(0).get("url").asText()).raw().body());
  }

  /** To the bit as it was, and something else beside it. */
  private static void assertRightHalfIsNew(RgbImage made) throws IOException {
    RgbImage before = image(PICTURE);
    assertThat(made.crop(0, 0, HALF, SIDE)).isEqualTo(before.crop(0, 0, HALF, SIDE));
    assertThat(made.crop(HALF, 0, HALF, SIDE)).isNotEqualTo(before.crop(HALF, 0, HALF, SIDE));
  }

  @Test
  void whatIsWhiteIsMadeAnew() throws Exception {
    String job = server.submit(wish(WHITE, ""));
    assertRightHalfIsNew(made(server, job));
    JsonNode request = server.get("/v1/jobs/" + job).json().get("request");
    assertThat(request.get("mask_blur").asDouble()).isZero();
    for (String each : new String[] {"initial", "masks"}) {
      try (Stream<Path> left = Files.list(server.data().resolve(each))) {
        assertThat(left).isEmpty();
      }
    }
  }

  @Test
  void allApisMakeTheSamePicture() throws Exception {
    RgbImage wanted = made(server, server.submit(wish(WHITE, "")));

    assertThat(edited("")).isEqualTo(wanted);

    for (byte[] mask : new byte[][] {WHITE, SKETCH}) {
      Answer varied = img2img(mask, ORIGINAL);
      assertThat(picture(varied)).isEqualTo(wanted);
      assertThat(varied.json().get("parameters").has("mask")).isFalse();
      assertThat(varied.header("Warning")).isEmpty();
    }
  }

  /** What a form with this content makes. */
  private static RgbImage edited(String content) throws IOException {
    Map<String, String> fields =
        Map.of(
            "prompt", "an apple",
            "seed", "3",
            "steps", "4",
            "strength", "0.5",
            "mask_blur", "0",
            "masked_content", content);
    Answer edited =
        server.send(FileForm.edit(server, Map.of("image", PICTURE, "mask", ERASED), fields));
    assertThat(edited.status()).as(edited.json().toString()).isEqualTo(200);
    String file = edited.json().get("data").get(0).get("b64_json").asText();
    return image(Base64.getDecoder().decode(file));
  }

  private static RgbImage picture(Answer answer) throws IOException {
    String file = answer.json().get("images").get(0).asText();
    return image(Base64.getDecoder().decode(file));
  }

  /** Looking at the whole picture, as the other APIs do unless told otherwise. */
  private static Answer img2img(byte[] mask, String more) {
    return onlyMasked(mask, ", 'inpaint_full_res': false" + more);
  }

  /** As AUTOMATIC1111 does unless told otherwise. */
  private static Answer onlyMasked(byte[] mask, String more) {
    Answer answer =
        server.post(
            "/sdapi/v1/img2img",
            ("{'prompt': 'an apple', 'seed': 3, 'steps': 4, 'denoising_strength': 0.5,"
                    + " 'mask_blur': 0, 'init_images': ['%s'], 'mask': '%s'%s}")
                .formatted(base64(PICTURE), base64(mask), more));
    assertThat(answer.status()).as(answer.json().toString()).isEqualTo(200);
    return answer;
  }

  @Test
  void anInvertedMaskIsTheOther() throws Exception {
    Answer answer =
        img2img(mask(0xffffffff, 0xff000000), ", 'inpainting_mask_invert': 1, 'mask_blur_x': 0");
    assertRightHalfIsNew(picture(answer));
  }

  @Test
  void anEmptyMaskIsNone() throws Exception {
    byte[] empty = new byte[0];
    Map<String, String> wish = Map.of("prompt", "an apple", "steps", "2", "seed", "3");
    Answer edited =
        server.send(FileForm.edit(server, Map.of("image", PICTURE, "mask", empty), wish));
    Answer without = server.send(FileForm.edit(server, Map.of("image", PICTURE), wish));
    assertThat(edited.status()).as(edited.json().toString()).isEqualTo(200);
    assertThat(edited.json().get("data")).isEqualTo(without.json().get("data"));
    assertThat(img2img(empty, ", 'mask_blur_x': 100, 'inpainting_mask_invert': true").status())
        .as("nothing that is said of masks counts")
        .isEqualTo(200);
  }

  @Test
  void oneBlurReplacesThoseOfEachDirection() {
    img2img(WHITE, ", 'mask_blur_x': 3, 'mask_blur_y': 5");
    Answer differing =
        server.post(
            "/sdapi/v1/img2img",
            "{'prompt': 'an apple', 'init_images': ['%s'], 'mask': '%s', 'mask_blur_x': 3}"
                .formatted(base64(PICTURE), base64(WHITE)));
    assertThat(differing.status()).isEqualTo(422);
    assertThat(differing.json().toString()).contains("3.0 and 4.0");
  }

  @Test
  void blurWithoutAMaskIsWarnedOf() {
    Answer answer = server.post("/v1/jobs", "{'prompt': 'an apple', 'mask_blur': 2}");
    assertThat(answer.header("Warning")).contains("mask_blur has no effect without a mask");
  }

  @Test
  void whatHasNoEffectIsWarnedOf() {
    Answer answer =
        server.post(
            "/v1/jobs", "{'prompt': 'an apple', 'mask_padding': 2, 'masked_content': 'fill'}");
    assertThat(answer.header("Warning"))
        .contains("mask_padding has no effect without a mask")
        .contains("masked_content has no effect without a mask");
  }

  /** The same by both APIs; AUTOMATIC1111's number is 0 unless said. */
  @ParameterizedTest
  @CsvSource({
    "original, ', ''inpainting_fill'': 1'",
    "fill, ', ''inpainting_fill'': 0'",
    "fill, ''",
    "noise, ', ''inpainting_fill'': 2'",
    "nothing, ', ''inpainting_fill'': 3'"
  })
  void anotherContentMayBeBegunWithInTheMask(String content, String fill) throws Exception {
    String job = server.submit(wish(WHITE, ", 'masked_content': '%s'".formatted(content)));
    RgbImage made = made(server, job);
    assertRightHalfIsNew(made);
    JsonNode request = server.get("/v1/jobs/" + job).json().get("request");
    assertThat(request.get("masked_content").asText()).isEqualTo(content);
    assertThat(picture(img2img(WHITE, fill))).isEqualTo(made);
    assertThat(edited(content)).isEqualTo(made);
    RgbImage original = made(server, server.submit(wish(WHITE, "")));
    assertThat(made.equals(original)).isEqualTo(content.equals("original"));
  }

  @Test
  void anUnknownContentIsRefused() {
    Answer answer = server.post("/v1/jobs", wish(WHITE, ", 'masked_content': 'grey'"));
    assertThat(answer.status()).isEqualTo(422);
    assertThat(answer.json().toString()).contains("original, fill, noise, nothing");
  }

  /**
   * The same by both APIs, in the picture's own size; what is not free is as it was, to the bit.
   */
  @Test
  void onlyWhatLiesAroundTheMaskMayBeLookedAt() throws Exception {
    String sides = ", 'width': %d, 'height': %d".formatted(2 * SIDE, SIDE);
    String job =
        server.submit(
            wish(WHITE, ", 'mask_padding': 0, 'size': '%dx%d'".formatted(2 * SIDE, SIDE)));
    RgbImage made = made(server, job);
    assertRightHalfIsNew(made);
    assertThat(made.width()).isEqualTo(SIDE);
    JsonNode request = server.get("/v1/jobs/" + job).json().get("request");
    assertThat(request.get("mask_padding").asInt()).isZero();

    assertThat(picture(onlyMasked(WHITE, sides + ORIGINAL))).isEqualTo(made);
    assertThat(made)
        .isNotEqualTo(
            made(server, server.submit(wish(WHITE, ", 'mask_padding': %d".formatted(SIDE)))));
  }

  /** What was erased may be black: nothing of it is taken, unless the client says so. */
  @Test
  void whatIsErasedIsMadeWhollyAnew() throws Exception {
    Answer edited =
        server.send(
            FileForm.edit(
                server,
                Map.of("image", PICTURE, "mask", ERASED),
                Map.of("prompt", "an apple", "steps", "2")));
    assertThat(edited.status()).isEqualTo(200);
    JsonNode newest = server.get("/v1/jobs").json().get("data").get(0);
    assertThat(newest.get("request").get("strength").asDouble()).isEqualTo(1);
  }

  @Test
  void aJobThatWaitsHasItsMaskAfterARestart() throws Exception {
    String id;
    try (TinyServer first = new TinyServer().start(folder)) {
      first.await(first.submit(TinyServer.LONG), "running");
      id = first.submit(wish(WHITE, ""));
    }
    try (TinyServer again = new TinyServer().start(folder)) {
      assertRightHalfIsNew(made(again, id));
    }
  }

  @Test
  void masksThatDoNotFitAreRefused() throws IOException {
    byte[] wide = PngWriter.encode(new RgbImage(32, 16, new byte[32 * 16 * 3]), List.of());
    assertRefused(server.post("/v1/jobs", wish(wide, "")), "proportions", "32x16");
    assertRefused(server.post("/v1/jobs", wish(mask(0xff000000, 0xff101010), "")), "mostly free");
    assertRefused(server.post("/v1/jobs", wish(ERASED, "")), "white", "black and white");
    assertRefused(server.post("/v1/jobs", wish(new byte[] {1, 2, 3}, "")), "mask");
    assertRefused(
        server.post("/v1/jobs", "{'prompt': 'an apple', 'mask': '%s'}".formatted(base64(WHITE))),
        "wants an image");
    Answer opaque =
        server.send(
            FileForm.edit(
                server,
                Map.of("image", PICTURE, "mask", WHITE),
                Map.of("prompt", "an apple", "steps", "2")));
    assertRefused(opaque, "transparent");
  }

  private static void assertRefused(Answer answer, String... words) {
    assertThat(answer.status()).as(answer.json().toString()).isEqualTo(422);
    assertThat(answer.json().get("error").get("param").asText()).isEqualTo("mask");
    assertThat(answer.json().get("error").get("message").asText()).contains(words);
  }
}
