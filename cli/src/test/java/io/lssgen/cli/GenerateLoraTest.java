package io.lssgen.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.lssgen.image.GenerationMetadata;
import io.lssgen.image.ImageFiles;
import io.lssgen.tensor.TorchRuntime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** LoRAs by option and from the prompt, on a tiny model. */
class GenerateLoraTest {
  private static final String PROMPT = "a red apple";
  private static final Path LORAS = TinyModel.GOLDEN.resolve("lora");

  @TempDir static Path models;
  private static Path model;

  @TempDir Path folder;

  @BeforeAll
  static void createModel() {
    TorchRuntime.threads(1); // tiny tensors: more threads only wait for each other
    model = TinyModel.create(models.resolve("tiny"));
  }

  private CommandRun generate(Object... more) {
    List<Object> arguments = new ArrayList<>(List.of("generate", "-m", model, "-s", "7"));
    arguments.addAll(Arrays.asList(more));
    return CommandRun.of(arguments.toArray());
  }

  @Test
  void byOptionAndByPromptAreTheSame() {
    Path byOption = folder.resolve("option.png");
    Path byPrompt = folder.resolve("prompt.png");
    Path without = folder.resolve("without.png");
    CommandRun first =
        generate(
            PROMPT,
            "-o",
            byOption,
            "--lora",
            LORAS.resolve("flux-kohya.safetensors") + ":0.8",
            "--lora",
            LORAS.resolve("flux-peft.safetensors"));
    CommandRun second =
        generate(
            PROMPT + " <lora:flux-kohya:0.8> <lora:flux-peft:1>",
            "-o",
            byPrompt,
            "--lora-dir",
            LORAS);
    generate(PROMPT, "-o", without);

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
        generate(PROMPT + " <lora:film>", "--lora-dir", LORAS),
        "'film'",
        "flux-kohya, flux-peft");
    assertFails(ExitCode.USAGE, generate(PROMPT + " <lora:film>"), "'film'", "--lora-dir");
    assertFails(
        ExitCode.USAGE, generate(PROMPT + " <lora:film:much>", "--lora-dir", LORAS), "much");
    assertFails(ExitCode.USAGE, generate(PROMPT, "--lora", pickle + ":NaN"), "finite");
    assertFails(ExitCode.MODEL, generate(PROMPT, "--lora", pickle), "style.ckpt", "pickle");
    assertFails(
        ExitCode.MODEL,
        generate(PROMPT, "--lora", folder.resolve("absent")),
        "absent",
        "found none");
    assertFails(
        ExitCode.MODEL,
        generate(PROMPT, "--lora", LORAS.resolve("sd-kohya.safetensors")),
        "is for a UNet",
        "FLUX.1");
  }
}
