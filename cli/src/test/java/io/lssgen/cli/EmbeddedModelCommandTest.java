package io.lssgen.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.lssgen.eval.CategoryScores;
import io.lssgen.eval.LoadedDetector;
import io.lssgen.eval.SceneEvaluation;
import io.lssgen.image.ImageFiles;
import io.lssgen.image.RgbImage;
import io.lssgen.pipeline.EmbeddedModel;
import io.lssgen.pipeline.GenerationRequest;
import io.lssgen.pipeline.PipelineLoader;
import io.lssgen.pipeline.TextToImage;
import io.lssgen.scenes.Placement;
import io.lssgen.scenes.ScenePrompt;
import io.lssgen.scenes.ScenePrompts;
import io.lssgen.scenes.SceneVocabulary;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The model that comes along, through the command that a newcomer types first. */
class EmbeddedModelCommandTest {
  private static final String PROMPT = "a red apple left of a blue book on a yellow background";

  private static final Set<String> EASY_OBJECTS =
      Set.of("apple", "maple leaf", "hedgehog", "butterfly", "pink circle", "watermelon");

  /** Of the prompts of another list than published scores refer to. */
  private static final List<ScenePrompt> EASY =
      ScenePrompts.make(SceneVocabulary.standard(), 50, 5, Placement.FREE).stream()
          .filter(each -> each.category() == ScenePrompt.Category.SIZE)
          .filter(each -> EASY_OBJECTS.contains(each.prompt().replaceFirst("^a small ", "")))
          .toList();

  @TempDir private Path folder;

  @Test
  void aPromptBecomesAPictureInTwoStages() {
    Path picture = folder.resolve("apple.png");
    CommandRun run = CommandRun.of("generate", PROMPT, "--steps", 8, "-s", 1, "-o", picture);

    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isEqualTo(ExitCode.OK);
    assertThat(ImageFiles.read(picture).width()).isEqualTo(512);
  }

  /**
   * What the models are good at, read by the detector that comes along; with room for other weights
   * to miss one or the other.
   */
  @ParameterizedTest
  @CsvSource({"emoji-flux, 20, 5", "emoji-xl, 20, 2", "emoji-xl-lcm, 4, 1"})
  void theyDrawWhatIsAsked(String name, int steps, int right) {
    try (LoadedDetector detector = LoadedDetector.open(EmbeddedModel.detector());
        TextToImage model = PipelineLoader.of(EmbeddedModel.named(name).orElseThrow()).load()) {
      CategoryScores scores =
          new SceneEvaluation(detector, EASY)
              .run((prompt, index) -> picture(model, prompt, steps), scored -> {})
              .scores();
      assertThat(scores.overall().total()).isEqualTo(6);
      assertThat(scores.overall().correct()).isGreaterThanOrEqualTo(right);
    }
  }

  private static RgbImage picture(TextToImage model, ScenePrompt prompt, int steps) {
    return model
        .generate(GenerationRequest.builder(prompt.prompt()).steps(steps).seed(1).build())
        .images()
        .get(0);
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
    assertThat(ImageFiles.read(picture).width()).isEqualTo(512);
    String weights = "upsampler/diffusion_pytorch_model.safetensors";
    assertThat(EmbeddedModel.named(name).orElseThrow().resolve(weights))
        .hasSameBinaryContentAs(EmbeddedModel.folder().resolve(weights));
  }
}
