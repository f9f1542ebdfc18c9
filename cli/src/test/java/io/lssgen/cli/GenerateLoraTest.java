package io.lssgen.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.lssgen.image.GenerationMetadata;
import io.lssgen.image.ImageFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** LoRAs by option and from the prompt, on tiny models. */
class GenerateLoraTest extends TinyGeneration {
  private static final Path LORAS = TinyModel.GOLDEN.resolve("lora");

  private static CommandRun seeded(Object... more) {
    List<Object> arguments = new ArrayList<>(List.of("-s", "7"));
    arguments.addAll(Arrays.asList(more));
    return generate(arguments.toArray());
  }

  @ParameterizedTest
  @CsvSource({"flux, flux", "sd, sd-tiny", "sdxl, sdxl-tiny"})
  void byOptionAndByPromptAreTheSame(String kind, String name) throws IOException {
    Path own = kind.equals("flux") ? model : TinyModel.createDiffusion(folder.resolve(kind), kind);
    Path byOption = folder.resolve("option.png");
    Path byPrompt = folder.resolve("prompt.png");
    Path without = folder.resolve("without.png");
    Path kohya = LORAS.resolve(name + "-kohya.safetensors");
    Path peft = LORAS.resolve(name + "-peft.safetensors");
    String tags = " <lora:%s-kohya:0.8> <lora:%s-peft:1>".formatted(name, name);

    CommandRun first =
        small(own, byOption, PROMPT, "--lora", kohya + ":0.8", "--lora", peft.toString());
    CommandRun second = small(own, byPrompt, PROMPT + tags, "--lora-dir", LORAS.toString());
    small(own, without, PROMPT);

    assertThat(first.err() + second.err()).isEmpty();
    assertThat(first.code() + second.code()).isZero();
    assertThat(ImageFiles.read(byPrompt)).isEqualTo(ImageFiles.read(byOption));
    assertThat(ImageFiles.read(without)).isNotEqualTo(ImageFiles.read(byOption));
    assertThat(GenerationMetadata.read(byOption).orElseThrow().settings().get("LoRA"))
        .startsWith(name + "-kohya:0.8 (")
        .contains(name + "-peft:1.0 (");
  }

  private static CommandRun small(Path own, Path output, String... more) {
    List<Object> arguments = new ArrayList<>(List.of("generate", "-m", own, "-o", output));
    arguments.addAll(List.of("-s", 7, "-W", 64, "-H", 64, "--steps", 4));
    arguments.addAll(Arrays.asList(more));
    return CommandRun.of(arguments.toArray());
  }

  private void assertFails(int code, CommandRun run, String... parts) {
    assertThat(run.err()).matches("lssgen: \\V+\\R").contains(parts);
    assertThat(run.out()).isEmpty();
    assertThat(run.code()).isEqualTo(code);
  }

  @Test
  void whatIsWrongIsSaidInOneLine() throws IOException {
    Path pickle = Files.writeString(folder.resolve("style.ckpt"), "pickle");

    assertFails(
        ExitCode.USAGE,
        seeded(PROMPT + " <lora:film>", "--lora-dir", LORAS),
        "'film'",
        "flux-kohya, flux-peft");
    assertFails(ExitCode.USAGE, seeded(PROMPT + " <lora:film>"), "'film'", "--lora-dir");
    assertFails(ExitCode.USAGE, seeded(PROMPT + " <lora:film:much>", "--lora-dir", LORAS), "much");
    assertFails(ExitCode.USAGE, seeded(PROMPT, "--lora", pickle + ":NaN"), "finite");
    assertFails(ExitCode.MODEL, seeded(PROMPT, "--lora", pickle), "style.ckpt", "pickle");
    assertFails(
        ExitCode.MODEL, seeded(PROMPT, "--lora", folder.resolve("absent")), "absent", "found none");
    assertFails(
        ExitCode.MODEL,
        seeded(PROMPT, "--lora", LORAS.resolve("sd-kohya.safetensors")),
        "is for a UNet",
        "FLUX.1");
  }
}
