package io.lssgen.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lssgen.image.GenerationMetadata;
import io.lssgen.image.ImageFiles;
import io.lssgen.schedule.SamplingMethod;
import io.lssgen.schedule.SigmaSchedule;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.TorchRuntime;
import io.lssgen.weights.SafetensorsFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The command on the tiny diffusion models: the golden runs of diffusers' pipelines
 * (tools/golden/diffusion_pipelines.py) named by flags, latents within 1e-4 of their largest
 * magnitude; parts of models that come from elsewhere; what no golden run has.
 */
class GenerateDiffusionTest {
  private static final double TOLERANCE = 1e-4;
  private static final String PLAIN = "diffusion-pipelines";
  private static final String STAGED = "diffusion-lssgen";
  private static final List<String> KINDS = List.of("sd", "sdxl", "playground", "lcm");

  /** The flag that means a golden run's field. */
  private static final Map<String, String> FLAGS =
      new TreeMap<>(
          Map.ofEntries(
              Map.entry("prompt", "--prompt"),
              Map.entry("negative", "--negative-prompt"),
              Map.entry("width", "--width"),
              Map.entry("height", "--height"),
              Map.entry("steps", "--steps"),
              Map.entry("cfg_scale", "--cfg-scale"),
              Map.entry("guidance", "--guidance"),
              Map.entry("guidance_rescale", "--guidance-rescale"),
              Map.entry("clip_skip", "--clip-skip"),
              Map.entry("method", "--sampling-method"),
              Map.entry("schedule", "--scheduler"),
              Map.entry("seed", "--seed"),
              Map.entry("min_size", "--min-size"),
              Map.entry("start_sigma", "--start-sigma"),
              Map.entry("shorten", "--shorten-intermediate-steps"),
              Map.entry("tiles", "--vae-tiling"),
              Map.entry("scaling", "--scaling")));

  @TempDir static Path models;
  @TempDir Path folder;

  @BeforeAll
  static void createModels() throws IOException {
    TorchRuntime.threads(1); // tiny tensors: more threads only wait for each other
    for (String kind : KINDS) {
      TinyModel.createDiffusion(models.resolve(kind), kind);
    }
  }

  /** A golden run, called by its file. */
  private record Golden(String file, JsonNode fields, boolean plain) {
    static Stream<Golden> all(String group) throws IOException {
      JsonNode cases =
          new ObjectMapper().readTree(TinyModel.GOLDEN.resolve(group + "/cases.json").toFile());
      return StreamSupport.stream(cases.spliterator(), false)
          .map(
              each ->
                  new Golden(group + "/" + each.get("name").asText(), each, group.equals(PLAIN)));
    }

    static Golden named(String name) throws IOException {
      return all(PLAIN)
          .filter(each -> each.file.equals(PLAIN + "/" + name))
          .findAny()
          .orElseThrow();
    }

    List<Object> flags() {
      List<Object> flags = new ArrayList<>(plain ? List.of("--plain") : List.of());
      FLAGS.forEach(
          (field, flag) -> {
            if (fields.has(field)) {
              flags.add(flag + "=" + fields.get(field).asText());
            }
          });
      fields
          .path("loras")
          .properties()
          .forEach(
              lora ->
                  flags.add(
                      "--lora=%s:%s".formatted(loraFile(lora.getKey()), lora.getValue().asText())));
      return flags;
    }

    private static Path loraFile(String name) {
      return TinyModel.GOLDEN.resolve("lora").resolve(name + ".safetensors");
    }

    @Override
    public String toString() {
      return file;
    }
  }

  static Stream<Golden> goldens() throws IOException {
    return Stream.concat(Golden.all(PLAIN), Golden.all(STAGED));
  }

  @ParameterizedTest
  @MethodSource("goldens")
  void flagsMakeTheGoldenRun(Golden golden) {
    assertGolden(golden, models.resolve(golden.fields.get("model").asText()));
  }

  /** The model lacks the part, so that nothing but the flag can bring it. */
  @ParameterizedTest
  @CsvSource({
    "sd, --text-encoder, text_encoder",
    "sd, --unet, unet",
    "sd, --vae, vae",
    "sdxl, --text-encoder, text_encoder",
    "sdxl, --clip-l, text_encoder",
    "sdxl, --text-encoder-2, text_encoder_2",
    "sdxl, --unet, unet",
    "sdxl, --vae, vae",
    "playground, --text-encoder-2, text_encoder_2",
    "playground, --vae, vae"
  })
  void partsComeFromElsewhere(String kind, String flag, String part) throws IOException {
    Path lacking = TinyModel.createDiffusion(folder.resolve("lacking"), kind);
    Path elsewhere = Files.move(lacking.resolve(part), folder.resolve("elsewhere"));

    assertGolden(Golden.named(kind), lacking, flag, elsewhere);
  }

  /** As stable-diffusion.cpp names them; T5 is the third text encoder here. */
  @Test
  void textEncodersOfStableDiffusion3GoTogether() throws IOException {
    Path whole = TinyModel.createSd3(folder.resolve("whole"));
    Path lacking = TinyModel.createSd3(folder.resolve("lacking"));
    Path parts = Files.createDirectory(folder.resolve("parts"));
    for (String part : List.of("text_encoder", "text_encoder_2", "text_encoder_3")) {
      Files.move(lacking.resolve(part), parts.resolve(part));
    }
    Map<String, float[]> made =
        latentsOf(
            lacking,
            "--clip_l",
            parts.resolve("text_encoder"),
            "--clip_g",
            parts.resolve("text_encoder_2"),
            "--t5xxl",
            parts.resolve("text_encoder_3"));
    Map<String, float[]> wanted = latentsOf(whole);

    assertThat(made.keySet()).containsExactlyInAnyOrder("stage0", "stage1", "final");
    made.forEach((name, values) -> assertThat(values).as(name).isEqualTo(wanted.get(name)));
  }

  private Map<String, float[]> latentsOf(Path model, Object... parts) {
    Path latents = folder.resolve("of-" + model.getFileName() + ".safetensors");
    List<Object> arguments = new ArrayList<>(List.of("generate", "a red apple", "-m", model));
    arguments.addAll(
        List.of("-o", folder.resolve("x.png"), "--overwrite", "--save-latents", latents));
    arguments.addAll(List.of("-W", 64, "-H", 64, "--min-size", 32, "--steps", 3, "-s", 1));
    arguments.addAll(Arrays.asList(parts));
    CommandRun run = CommandRun.of(arguments.toArray());
    assertThat(run.code()).as(run.err()).isEqualTo(ExitCode.OK);
    return read(latents);
  }

  @Test
  void aDistilledUNetTakesThePlaceOfTheModelsOwn() throws IOException {
    Path unet = TinyModel.GOLDEN.resolve("diffusion-tiny/lcm/unet");

    assertGolden(Golden.named("lcm"), models.resolve("sdxl"), "--unet", unet);
  }

  private void assertGolden(Golden golden, Path model, Object... more) {
    Path picture = folder.resolve("picture.png");
    Path latents = folder.resolve("latents.safetensors");
    List<Object> arguments = new ArrayList<>(List.of("generate", "-m", model, "-o", picture));
    arguments.addAll(List.of("--save-latents", latents));
    arguments.addAll(golden.flags());
    arguments.addAll(Arrays.asList(more));

    CommandRun run = CommandRun.of(arguments.toArray());

    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isEqualTo(ExitCode.OK);
    Path wanted = TinyModel.GOLDEN.resolve(golden.file + ".safetensors");
    assertLatents(latents, wanted);
    assertPicture(picture, wanted);
    assertSettings(golden, GenerationMetadata.read(picture).orElseThrow());
  }

  private static void assertLatents(Path found, Path wanted) {
    Map<String, float[]> made = read(found);
    Map<String, float[]> golden = read(wanted);
    golden.putIfAbsent("stage0", golden.get("final")); // plain golden runs hold their end alone
    assertThat(made.keySet()).isEqualTo(golden.keySet());
    golden.forEach((name, values) -> assertClose(made.get(name), values));
  }

  private static Map<String, float[]> read(Path path) {
    Map<String, float[]> values = new TreeMap<>();
    try (TensorScope scope = TensorScope.open();
        SafetensorsFile file = SafetensorsFile.open(path)) {
      assertThat(scope).isNotNull();
      for (String name : file.entries().keySet()) {
        if (name.equals("final") || name.startsWith("stage")) {
          values.put(name, file.tensor(name).toFloatArray());
        }
      }
    }
    return values;
  }

  private static void assertClose(float[] found, float[] wanted) {
    assertThat(found).hasSameSizeAs(wanted);
    double largest = 1;
    double error = 0;
    for (int i = 0; i < wanted.length; i++) {
      largest = Math.max(largest, Math.abs(wanted[i]));
      error = Math.max(error, Math.abs((double) found[i] - wanted[i]));
    }
    assertThat(found).doesNotContain(Float.NaN);
    assertThat(error).isLessThanOrEqualTo(TOLERANCE * largest);
  }

  /** Where the golden run has a picture: rounding may fall to the other side. */
  private static void assertPicture(Path found, Path wanted) {
    try (TensorScope scope = TensorScope.open();
        SafetensorsFile file = SafetensorsFile.open(wanted)) {
      assertThat(scope).isNotNull();
      if (file.entries().containsKey("image_uint8")) {
        byte[] golden = file.tensor("image_uint8").toByteArray();
        byte[] rgb = ImageFiles.read(found).rgb();
        assertThat(rgb).hasSameSizeAs(golden);
        for (int i = 0; i < rgb.length; i++) {
          assertThat((rgb[i] & 0xff) - (golden[i] & 0xff)).isBetween(-1, 1);
        }
      }
    }
  }

  /** What names the way in the picture's settings. */
  private static void assertSettings(Golden golden, GenerationMetadata metadata) {
    JsonNode fields = golden.fields;
    Map<String, String> settings = metadata.settings();
    assertThat(metadata.prompt()).isEqualTo(fields.get("prompt").asText());
    assertThat(metadata.negativePrompt()).isEqualTo(fields.get("negative").asText());
    assertThat(settings)
        .containsEntry("Steps", fields.get("steps").asText())
        .containsEntry("Seed", fields.get("seed").asText())
        .containsEntry("CFG scale", fields.get("cfg_scale").asText());
    assertSetting(settings, "Clip skip", fields.path("clip_skip"));
    assertSetting(settings, "CFG Rescale", fields.path("guidance_rescale"));
    assertSetting(settings, "Distilled CFG Scale", fields.path("guidance"));
    if (fields.has("method")) {
      String title = SamplingMethod.parse(fields.get("method").asText()).title();
      assertThat(settings).containsEntry("Sampler", title);
    }
    if (fields.has("schedule")) {
      String schedule = fields.get("schedule").asText();
      assertThat(settings).containsEntry("Schedule type", SigmaSchedule.parse(schedule).title());
    }
    String scaling = golden.plain ? "none" : fields.get("scaling").asText();
    assertThat(settings.get("LSSGen")).endsWith("scaling=" + scaling);
  }

  private static void assertSetting(Map<String, String> settings, String name, JsonNode wanted) {
    assertThat(settings.get(name))
        .as(name)
        .isEqualTo(wanted.isMissingNode() ? null : wanted.asText());
  }

  @Test
  void tilesChangeWhatIsDecodedAlone() {
    Path whole = folder.resolve("whole.png");
    Path tiled = folder.resolve("tiled.png");
    Path wholeLatents = folder.resolve("whole.safetensors");
    Path tiledLatents = folder.resolve("tiled.safetensors");
    Object[] wide = {
      "generate",
      "a dog",
      "-m",
      models.resolve("sd"),
      "-W",
      128,
      "-H",
      64,
      "--plain",
      "-s",
      3,
      "--steps",
      2,
      "--save-latents"
    };

    CommandRun first = CommandRun.of(with(wide, wholeLatents, "-o", whole));
    CommandRun second = CommandRun.of(with(wide, tiledLatents, "-o", tiled, "--vae-tiling"));

    assertThat(first.err() + second.err()).isEmpty();
    assertThat(tiledLatents).hasSameBinaryContentAs(wholeLatents);
    assertThat(ImageFiles.read(tiled)).isNotEqualTo(ImageFiles.read(whole));
  }

  private static Object[] with(Object[] arguments, Object... more) {
    return Stream.concat(Arrays.stream(arguments), Arrays.stream(more)).toArray();
  }
}
