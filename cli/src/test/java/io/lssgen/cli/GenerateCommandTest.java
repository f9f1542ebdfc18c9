package io.lssgen.cli;

import static io.lssgen.cli.TinyModel.GOLDEN;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lssgen.image.GenerationMetadata;
import io.lssgen.image.ImageFiles;
import io.lssgen.image.PngTexts;
import io.lssgen.image.RgbImage;
import io.lssgen.tensor.TorchRuntime;
import io.lssgen.weights.SafetensorsFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The command end to end on a tiny model: files, reports, metadata. */
class GenerateCommandTest extends TinyGeneration {
  @Test
  void writesThePictureAndSaysWhere() throws IOException {
    CommandRun run = generate(PROMPT, "-s", "7", "--start-sigma", "0.4", "-o", picture);

    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isEqualTo(ExitCode.OK);
    assertThat(run.out()).contains(picture + " (seed 7)").containsPattern("text \\d.*denoise");
    assertThat(files()).containsExactly("apple.png");
    assertThat(ImageFiles.read(picture).width()).isEqualTo(64);
  }

  @Test
  void aFirstStageThatIsLostIsWarnedOf() {
    CommandRun run = generate(PROMPT, "--steps", "2", "-o", picture);

    assertThat(run.code()).isEqualTo(ExitCode.OK);
    assertThat(run.err()).contains("warning: stage 1 begins at the highest noise level");
  }

  @Test
  void pictureSaysHowItWasMade() {
    generate("-p", PROMPT, "-s", "7", "--guidance", "2.5", "-o", picture);

    GenerationMetadata metadata = GenerationMetadata.read(picture).orElseThrow();
    assertThat(metadata.prompt()).isEqualTo(PROMPT);
    assertThat(metadata.settings())
        .containsEntry("Steps", "2")
        .containsEntry("Sampler", "Euler")
        .containsEntry("CFG scale", "1.0")
        .containsEntry("Distilled CFG Scale", "2.5")
        .containsEntry("Seed", "7")
        .containsEntry("Size", "64x64")
        .containsEntry("Model", "tiny")
        .hasEntrySatisfying("Model hash", hash -> assertThat(hash).matches("[0-9a-f]{10}"))
        .hasEntrySatisfying(
            "LSSGen", text -> assertThat(text).contains("sizes=32x32,64x64", "scaling=neural"));
    assertThat(metadata.environment()).containsKeys("libtorch", "java", "threads");
    assertThat(metadata.environment()).containsEntry("dtype", "fp32");
    assertThat(PngTexts.read(picture).toString()).contains("trainedAlgorithmicMedia");
  }

  @Test
  void jsonHoldsPlanSeedsFilesAndSeconds() throws IOException {
    Path latents = folder.resolve("latents.safetensors");
    CommandRun run =
        generate(
            PROMPT,
            "-s",
            "7",
            "-b",
            "2",
            "-o",
            folder.resolve("apple_%02d.png"),
            "--save-latents",
            latents,
            "--format",
            "json");

    assertThat(run.err()).isEmpty();
    JsonNode json = new ObjectMapper().readTree(run.out());
    assertThat(json.at("/seeds").toString()).isEqualTo("[7,8]");
    assertThat(json.at("/plan/stages")).hasSize(2);
    assertThat(json.at("/plan/stages/0/width").asInt()).isEqualTo(32);
    assertThat(json.at("/files/1").asText()).endsWith("apple_01.png");
    assertThat(json.at("/latents").asText()).isEqualTo(latents.toString());
    assertThat(json.at("/seconds/denoise")).hasSize(2);
    for (String part : List.of("total", "text", "scale", "decode")) {
      assertThat(json.at("/seconds/" + part).asDouble()).as(part).isPositive();
    }
    if (Files.exists(Path.of("/proc/self/status"))) {
      assertThat(json.at("/peak_memory_bytes").asLong()).isGreaterThan(50L << 20);
    }
    assertThat(files()).containsExactly("apple_00.png", "apple_01.png", "latents.safetensors");
    try (SafetensorsFile file = SafetensorsFile.open(latents)) {
      assertThat(file.entries().keySet()).containsExactlyInAnyOrder("stage0", "stage1", "final");
      assertThat(file.entry("stage0").shape()).containsExactly(2, 16, 4, 4);
      assertThat(file.entry("final").shape()).containsExactly(2, 16, 8, 8);
      assertThat(file.entry("final").dtype().name()).isEqualTo("F32");
    }
  }

  @Test
  void quietPrintsNothing() {
    CommandRun run = generate(PROMPT, "-o", picture, "--format", "quiet");

    assertThat(run).isEqualTo(new CommandRun(ExitCode.OK, "", ""));
    assertThat(picture).exists();
  }

  @Test
  void verboseShowsThePlan() {
    CommandRun run = generate(PROMPT, "-o", picture, "-v");

    assertThat(run.out()).containsPattern("(?m)^0 +32x32 .*2 of 2").containsPattern("64x64");
  }

  @Test
  void plainHasOneStage() throws IOException {
    CommandRun run = generate(PROMPT, "--plain", "-o", picture, "--format=json");

    assertThat(new ObjectMapper().readTree(run.out()).at("/plan/stages")).hasSize(1);
  }

  @Test
  void everyWayOfScalingMakesAPictureOfItsOwn() {
    List<RgbImage> pictures = new ArrayList<>();
    for (String space : List.of("neural", "bicubic", "pixel", "dct", "none")) {
      Path file = folder.resolve(space + ".png");
      CommandRun run = generate(PROMPT, "-s", 7, "--steps", 8, "--scaling", space, "-o", file);
      assertThat(run.err()).isEmpty();
      assertThat(run.code()).isEqualTo(ExitCode.OK);
      assertThat(settings(file).get("LSSGen"))
          .startsWith(space.equals("none") ? "sizes=64x64;" : "sizes=32x32,64x64;")
          .endsWith("scaling=" + space);
      pictures.add(ImageFiles.read(file));
    }
    assertThat(pictures).doesNotHaveDuplicates();
  }

  private static Map<String, String> settings(Path file) {
    return GenerationMetadata.read(file).orElseThrow().settings();
  }

  /** Each flag's value differs from the default and is found again in a place of its own. */
  @Test
  void everyFlagIsTaken() throws IOException {
    CommandRun run =
        generate(
            "--prompt=" + PROMPT,
            "--negative-prompt=a dog",
            "-W",
            "96",
            "-H",
            "64",
            "--steps=4",
            "--guidance=2",
            "--cfg-scale=1.5",
            "--seed=3",
            "--batch-count=2",
            "--output=" + folder.resolve("p_%d.png"),
            "--min-size=32",
            "--start-sigma=0.667",
            "--shorten-intermediate-steps=true",
            "--scaling=bicubic",
            "--dtype=BF16",
            "--threads=2",
            "--format=json");
    TorchRuntime.threads(1);

    assertThat(run.err()).isEmpty();
    JsonNode json = new ObjectMapper().readTree(run.out());
    assertThat(json.at("/prompt").asText()).isEqualTo(PROMPT);
    assertThat(json.at("/negative_prompt").asText()).isEqualTo("a dog");
    assertThat(json.at("/seeds").toString()).isEqualTo("[3,4]");
    assertThat(json.at("/plan/start_sigma").asDouble()).isEqualTo(0.667);
    assertThat(json.at("/plan/shorten").asBoolean()).isTrue();
    assertThat(json.at("/plan/requested_steps").asInt()).isEqualTo(4);
    Path second = folder.resolve("p_1.png");
    assertThat(ImageFiles.read(second).width()).isEqualTo(96);
    GenerationMetadata metadata = GenerationMetadata.read(second).orElseThrow();
    assertThat(metadata.negativePrompt()).isEqualTo("a dog");
    assertThat(metadata.settings())
        .containsEntry("Steps", "4")
        .containsEntry("CFG scale", "1.5")
        .containsEntry("Distilled CFG Scale", "2.0")
        .containsEntry("Seed", "4")
        .containsEntry("Size", "96x64");
    assertThat(metadata.settings().get("LSSGen"))
        .startsWith("sizes=48x32,96x64;")
        .endsWith("start_sigma=0.667; min_size=32; shorten=true; scaling=bicubic");
    assertThat(metadata.environment()).containsEntry("dtype", "bf16").containsEntry("threads", "2");
  }

  @Test
  void aComponentMayComputeInAnotherType() {
    generate(
        "-p",
        PROMPT,
        "-s",
        "7",
        "--dtype",
        "bf16",
        "--component-dtype",
        "vae=fp32",
        "--no-mmap",
        "--weights-as-stored",
        "-o",
        picture);
    assertThat(GenerationMetadata.read(picture).orElseThrow().environment())
        .containsEntry("dtype", "bf16, vae=fp32");

    CommandRun lacking =
        generate("-p", PROMPT, "--component-dtype", "unet=fp32", "--overwrite", "-o", picture);
    assertThat(lacking.code()).isEqualTo(ExitCode.USAGE);
    assertThat(lacking.err()).contains("transformer", "'unet'");
    CommandRun wrong = generate("-p", PROMPT, "--component-dtype", "vae=fp8", "-o", picture);
    assertThat(wrong.code()).isEqualTo(ExitCode.USAGE);
    assertThat(wrong.err()).contains("--component-dtype", "one of fp32, bf16, auto", "'fp8'");
  }

  @Test
  void theUpsamplerThatIsNamedIsUsed() {
    RgbImage own = upsampled("own");

    assertThat(upsampled("same", "--upsampler", GOLDEN.resolve("upsampler-tiny"))).isEqualTo(own);
    assertThat(upsampled("other", "--upsampler", GOLDEN.resolve("upsampler-16ch")))
        .isNotEqualTo(own);
  }

  private RgbImage upsampled(String name, Object... more) {
    Path file = folder.resolve(name + ".png");
    List<Object> arguments = new ArrayList<>(List.of(PROMPT, "-s", 7, "--steps", 8, "-o", file));
    arguments.addAll(Arrays.asList(more));
    assertThat(generate(arguments.toArray()).code()).isEqualTo(ExitCode.OK);
    return ImageFiles.read(file);
  }

  @Test
  void aPromptMayBeginWithAnAtSign() throws IOException {
    Path file = Files.writeString(folder.resolve("flags.txt"), "--format quiet");
    CommandRun run = generate("@" + file, "-o", picture);

    assertThat(run.code()).isEqualTo(ExitCode.OK);
    assertThat(GenerationMetadata.read(picture).orElseThrow().prompt()).isEqualTo("@" + file);
  }

  @Test
  void sameSeedGivesTheSameBytes() throws IOException {
    Path again = folder.resolve("again.png");
    generate(PROMPT, "-s", "11", "-o", picture);
    generate(PROMPT, "-s", "11", "-o", again);

    assertThat(Files.readAllBytes(again)).isEqualTo(Files.readAllBytes(picture));
  }

  @Test
  void patternTakesTheNextFreeNumber() throws IOException {
    Path pattern = folder.resolve("p_%03d.png");
    Files.writeString(folder.resolve("p_000.png"), "mine");
    generate(PROMPT, "-o", pattern);
    generate(PROMPT, "-o", pattern);

    assertThat(files()).containsExactly("p_000.png", "p_001.png", "p_002.png");
    assertThat(Files.readString(folder.resolve("p_000.png"))).isEqualTo("mine");
  }

  @Test
  void folderGetsTheDefaultPattern() throws IOException {
    generate(PROMPT, "-o", folder);

    assertThat(files()).containsExactly("out_000.png");
  }

  @Test
  void fileThatIsThereStaysUnlessOverwritingIsAllowed() throws IOException {
    Files.writeString(picture, "mine");

    CommandRun refused = generate(PROMPT, "-o", picture);
    assertThat(refused.code()).isEqualTo(ExitCode.USAGE);
    assertThat(refused.err()).matches("lssgen: .*apple.png already exists.*--overwrite\\R");
    assertThat(Files.readString(picture)).isEqualTo("mine");

    assertThat(generate(PROMPT, "-o", picture, "--overwrite").code()).isEqualTo(ExitCode.OK);
    assertThat(ImageFiles.read(picture).width()).isEqualTo(64);
  }
}
