package io.lssgen.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lssgen.image.GenerationMetadata;
import io.lssgen.image.ImageFiles;
import io.lssgen.image.PngTexts;
import io.lssgen.weights.SafetensorsFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The command end to end on a tiny model: files, reports, metadata. */
class GenerateCommandTest extends TinyGeneration {
  @Test
  void writesThePictureAndSaysWhere() throws IOException {
    CommandRun run = generate(PROMPT, "-s", "7", "-o", picture);

    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isEqualTo(ExitCode.OK);
    assertThat(run.out()).contains(picture + " (seed 7)").containsPattern("text \\d.*denoise");
    assertThat(files()).containsExactly("apple.png");
    assertThat(ImageFiles.read(picture).width()).isEqualTo(64);
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
  void everyWayOfScalingRuns() {
    for (String space : List.of("neural", "bicubic", "pixel", "none")) {
      Path file = folder.resolve(space + ".png");
      assertThat(generate(PROMPT, "--scaling", space, "-o", file).code()).isEqualTo(ExitCode.OK);
      assertThat(file).exists();
    }
  }

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
            "--batch-count=1",
            "--output=" + picture,
            "--upsampler=" + TinyModel.GOLDEN.resolve("upsampler-tiny"),
            "--min-size=32",
            "--start-sigma=0.667",
            "--shorten-intermediate-steps=true",
            "--scaling=neural",
            "--dtype=bf16",
            "--threads=1",
            "--format=json");

    assertThat(run.err()).isEmpty();
    JsonNode plan = new ObjectMapper().readTree(run.out()).at("/plan");
    assertThat(plan.at("/start_sigma").asDouble()).isEqualTo(0.667);
    assertThat(plan.at("/shorten").asBoolean()).isTrue();
    assertThat(plan.at("/requested_steps").asInt()).isEqualTo(4);
    assertThat(ImageFiles.read(picture).width()).isEqualTo(96);
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
