package io.lssgen.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lssgen.image.ImageFiles;
import io.lssgen.sampling.NoiseSource;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import io.lssgen.weights.SafetensorsFile;
import io.lssgen.weights.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Noise that is given, latents that are saved, and what fails with them. */
class GenerateLatentsTest extends TinyGeneration {
  /** The noise of these seeds, as a run of one stage draws it: [seeds, 16, 8, 8]. */
  private Path noise(long... seeds) {
    Path file = folder.resolve("noise.safetensors");
    try (TensorScope scope = TensorScope.open()) {
      List<Tensor> draws = new ArrayList<>();
      for (long seed : seeds) {
        try (NoiseSource source = NoiseSource.perImage(seed, 1)) {
          draws.add(source.draw(1, 16, 8, 8));
        }
      }
      SafetensorsWriter.write(file, Map.of("latents", Tensors.cat(draws, 0)));
      assertThat(scope).isNotNull();
    }
    return file;
  }

  @Test
  void givenNoiseOfASeedMakesThatSeedsPicture() {
    generate(PROMPT, "--plain", "-s", 11, "-o", picture);
    Path again = folder.resolve("again.png");
    Path other = folder.resolve("other.png");

    CommandRun run = generate(PROMPT, "--plain", "-s", 12, "--latents", noise(11), "-o", again);
    generate(PROMPT, "--plain", "-s", 12, "-o", other);

    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isEqualTo(ExitCode.OK);
    assertThat(ImageFiles.read(again))
        .isEqualTo(ImageFiles.read(picture))
        .isNotEqualTo(ImageFiles.read(other));
  }

  @Test
  void aPictureOfGivenNoiseIsMadeAgainWithIt() {
    Path again = folder.resolve("again.png");
    generate(PROMPT, "--plain", "-s", 12, "--latents", noise(11), "-o", picture);

    assertThat(generate("--from", picture, "-o", again).err())
        .contains("noise of its own", "--latents");
    CommandRun run = generate("--from", picture, "--latents", noise(11), "--verify", "-o", again);
    assertThat(run.code()).as(run.err() + run.out()).isEqualTo(ExitCode.OK);
    assertThat(run.out()).contains("verified: the same pixels");
  }

  /** Noise for two pictures, the second of which cannot become one. */
  private Path halfSpoiltNoise() {
    Path file = folder.resolve("noise.safetensors");
    try (TensorScope scope = TensorScope.open()) {
      Tensor good = Tensors.zeros(DType.F32, 1, 16, 8, 8);
      Tensor bad = Tensors.full(Double.NaN, DType.F32, 1, 16, 8, 8);
      SafetensorsWriter.write(file, Map.of("latents", Tensors.cat(List.of(good, bad), 0)));
      assertThat(scope).isNotNull();
    }
    return file;
  }

  @Test
  void aBatchThatFailsListsWhatIsThere() throws IOException {
    Object[] arguments = {
      PROMPT, "--plain", "-s", 3, "-b", 2, "--latents", halfSpoiltNoise(), "-o", folder
    };
    CommandRun human = generate(arguments);
    assertThat(human.code()).isEqualTo(ExitCode.PARTIAL_BATCH);
    assertThat(human.out()).isEqualTo(folder.resolve("out_000.png") + " (seed 3)%n".formatted());
    assertThat(human.err()).matches("lssgen: \\V*seed 4\\V*NaN\\V*\\R");

    Object[] withJson = Arrays.copyOf(arguments, arguments.length + 2);
    withJson[arguments.length] = "--format";
    withJson[arguments.length + 1] = "json";
    CommandRun json = generate(withJson);
    assertThat(json.code()).isEqualTo(ExitCode.PARTIAL_BATCH);
    assertThat(json.err()).isEqualTo(human.err());
    JsonNode fields = new ObjectMapper().readTree(json.out());
    assertThat(fields.at("/schema").asText()).isEqualTo("lssgen-partial-1");
    assertThat(fields.at("/error").asText()).contains("seed 4");
    assertThat(fields.at("/files/0").asText()).endsWith("out_001.png");
    assertThat(fields.at("/files")).hasSize(1);
    assertThat(fields.at("/seeds").toString()).isEqualTo("[3]");
    assertThat(files()).containsExactly("noise.safetensors", "out_000.png", "out_001.png");
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void latentsThatCannotBeWrittenDoNotHideThePicture(@TempDir Path deep) throws IOException {
    // The path is just short enough for Linux, that of the file it is written as is too long.
    String name = "l.safetensors";
    int length = 4095 - name.length() - 1;
    Path within = deep.toRealPath();
    for (int left = length - within.toString().length(); left > 1; ) {
      int part = left > 250 ? 200 : left - 1;
      within = within.resolve("x".repeat(part));
      left -= part + 1;
    }
    Path latents = Files.createDirectories(within).resolve(name);
    CommandRun run = generate(PROMPT, "-o", picture, "--save-latents", latents, "--format", "json");

    assertThat(run.code()).isEqualTo(ExitCode.FAILURE);
    assertThat(run.err()).matches("lssgen: cannot write \\V+\\R");
    JsonNode json = new ObjectMapper().readTree(run.out());
    assertThat(json.at("/files/0").asText()).isEqualTo(picture.toString());
    assertThat(json.at("/latents").isNull()).isTrue();
    assertThat(files()).containsExactly("apple.png");
  }

  @Test
  void savedLatentsReplaceAnOlderFileOnlyIfAllowed() throws IOException {
    Path latents = Files.writeString(folder.resolve("l.safetensors"), "mine");

    CommandRun refused = generate(PROMPT, "-o", picture, "--save-latents", latents);
    assertThat(refused.code()).isEqualTo(ExitCode.USAGE);
    assertThat(latents).hasContent("mine");
    assertThat(picture).doesNotExist();

    generate(PROMPT, "-o", picture, "--save-latents", latents, "--overwrite");
    try (SafetensorsFile file = SafetensorsFile.open(latents)) {
      assertThat(file.entries()).containsKey("final");
    }
  }

  @Test
  void noiseAmongSeveralTensorsIsAskedFor() {
    Path noise = folder.resolve("noise.safetensors");
    generate(PROMPT, "--plain", "-o", picture, "--save-latents", noise);
    Path both = folder.resolve("both.png");

    CommandRun ambiguous = generate(PROMPT, "--plain", "--latents", noise, "-o", both);

    assertThat(ambiguous.code()).isEqualTo(ExitCode.USAGE);
    assertThat(ambiguous.err()).contains("latents").contains("final");
    assertThat(both).doesNotExist();
  }
}
