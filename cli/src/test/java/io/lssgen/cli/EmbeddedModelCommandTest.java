package io.lssgen.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.lssgen.image.ImageFiles;
import io.lssgen.image.RgbImage;
import io.lssgen.pipeline.EmbeddedModel;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The model that comes along, through the command that a newcomer types first. */
class EmbeddedModelCommandTest {
  private static final String PROMPT = "a red apple left of a blue book on a yellow background";

  @TempDir private Path folder;

  @Test
  void aPromptBecomesAPictureInTwoStages() {
    Path picture = folder.resolve("apple.png");
    CommandRun run = CommandRun.of("generate", PROMPT, "--steps", 8, "-s", 1, "-o", picture);

    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isEqualTo(ExitCode.OK);
    RgbImage image = ImageFiles.read(picture);
    assertThat(image.width()).isEqualTo(512);
    assertThat(contrast(image)).as("levels between the darkest and the lightest").isGreaterThan(20);
  }

  @Test
  void wordsItNeverSawAreNamed() {
    Path picture = folder.resolve("dragon.png");
    CommandRun run =
        CommandRun.of(
            "generate",
            "a dragon and a cat",
            "--plain",
            "-W",
            256,
            "-H",
            256,
            "--steps",
            1,
            "-o",
            picture);

    assertThat(run.code()).isEqualTo(ExitCode.OK);
    assertThat(run.err()).contains("dragon").doesNotContain("cat");
    assertThat(picture).exists();
  }

  @Test
  void itIsFoundByItsName() {
    CommandRun run = CommandRun.of("inspect", EmbeddedModel.DEFAULT, "--format", "json");
    assertThat(run.code()).isEqualTo(ExitCode.OK);
    assertThat(run.out()).contains("FluxPipeline");

    CommandRun unknown = CommandRun.of("inspect", "emoji-none");
    assertThat(unknown.code()).isEqualTo(ExitCode.MODEL);
    assertThat(unknown.err()).contains("emoji-none");
  }

  /** The second family, with the same upsampler; at four steps, its distilled form. */
  @ParameterizedTest
  @CsvSource({"emoji-xl, 8", "emoji-xl-lcm, 4"})
  void theSecondFamilyScalesWithTheSameUpsampler(String name, int steps) {
    Path picture = folder.resolve(name + ".png");
    CommandRun run =
        CommandRun.of(
            "generate",
            PROMPT,
            "-m",
            name,
            "--steps",
            steps,
            "-s",
            1,
            "-o",
            picture,
            "--format",
            "json");

    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isEqualTo(ExitCode.OK);
    assertThat(run.out()).contains("\"width\":256", "\"width\":512");
    assertThat(contrast(ImageFiles.read(picture))).isGreaterThan(20);
    String weights = "upsampler/diffusion_pytorch_model.safetensors";
    assertThat(EmbeddedModel.named(name).orElseThrow().resolve(weights))
        .hasSameBinaryContentAs(EmbeddedModel.folder().resolve(weights));
  }

  private static int contrast(RgbImage image) {
    int low = 255;
    int high = 0;
    for (byte level : image.rgb()) {
      low = Math.min(low, Byte.toUnsignedInt(level));
      high = Math.max(high, Byte.toUnsignedInt(level));
    }
    return high - low;
  }
}
