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

/** LoRAs by option and from the prompt, on a tiny model. */
class GenerateLoraTest extends TinyGeneration {
  private static final Path LORAS = TinyModel.GOLDEN.resolve("lora");

  private static CommandRun seeded(Object... more) {
    List<Object> arguments = new ArrayList<>(List.of("-s", "7"));
    arguments.addAll(Arrays.asList(more));
    return generate(arguments.toArray());
  }

  @Test
  void byOptionAndByPromptAreTheSame() {
    Path byOption = folder.resolve("option.png");
    Path byPrompt = folder.resolve("prompt.png");
    Path without = folder.resolve("without.png");
    CommandRun first =
        seeded(
            PROMPT,
            "-o",
            byOption,
            "--lora",
            LORAS.resolve("flux-kohya.safetensors") + ":0.8",
            "--lora",
            LORAS.resolve("flux-peft.safetensors"));
    CommandRun second =
        seeded(
            PROMPT + " <lora:flux-kohya:0.8> <lora:flux-peft:1>",
            "-o",
            byPrompt,
            "--lora-dir",
            LORAS);
    seeded(PROMPT, "-o", without);

    assertThat(first.err() + second.err()).isEmpty();
    assertThat(first.code() + second.code()).isZero();
    assertThat(ImageFiles.read(byPrompt)).isEqualTo(ImageFiles.read(byOption));
    assertThat(ImageFiles.read(without)).isNotEqualTo(ImageFiles.read(byOption));
    assertThat(GenerationMetadata.read(byOption).orElseThrow().settings().get("LoRA"))
        .startsWith("flux-kohya:0.8 (")
        .contains("flux-peft:1.0 (");
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
