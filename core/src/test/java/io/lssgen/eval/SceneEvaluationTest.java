package io.lssgen.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lssgen.errors.ModelException;
import io.lssgen.errors.UsageException;
import io.lssgen.files.AtomicFile.IfExists;
import io.lssgen.image.ImageFiles;
import io.lssgen.image.RgbImage;
import io.lssgen.scenes.Placement;
import io.lssgen.scenes.ScenePrompt;
import io.lssgen.scenes.ScenePrompt.Category;
import io.lssgen.scenes.ScenePrompts;
import io.lssgen.scenes.SceneVocabulary;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.LiveHandles;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import io.lssgen.tensor.TorchRuntime;
import io.lssgen.weights.ModelConfig;
import io.lssgen.weights.ParameterShapes;
import io.lssgen.weights.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SceneEvaluationTest {
  private static final SceneVocabulary VOCABULARY = SceneVocabulary.standard();
  private static final DetectorConfig TINY =
      DetectorConfig.of(VOCABULARY, 32, List.of(4, 4, 4), List.of(0, 1, 0), 2);

  /** A detector whose every output is zero but for its bias: it sees nothing, on white. */
  private static Path blind(Path folder) throws IOException {
    try (TensorScope scope = TensorScope.open()) {
      Map<String, Tensor> weights = new LinkedHashMap<>();
      ParameterShapes.of(root -> new SceneDetector(root, TINY), path -> true)
          .forEach((path, shape) -> weights.put(path, Tensors.zeros(DType.F32, shape)));
      weights.get("objectness.bias").addInPlace(-9);
      weights.get("background.bias").narrow(0, 0, 1).addInPlace(9);
      SafetensorsWriter.write(folder.resolve("model.safetensors"), weights);
      assertThat(scope).isNotNull();
    }
    Files.writeString(folder.resolve("config.json"), TINY.json().toString());
    return folder;
  }

  private static RgbImage gray(int side) {
    byte[] rgb = new byte[3 * side * side];
    Arrays.fill(rgb, (byte) 128);
    return new RgbImage(side, side, rgb);
  }

  @Test
  void aDetectorThatSeesNothingProvesNothing(@TempDir Path folder) throws Exception {
    try (LoadedDetector detector = LoadedDetector.open(blind(folder))) {
      List<ScenePrompt> prompts = ScenePrompts.make(VOCABULARY, 2, 1, Placement.FREE);
      int[] heard = {0};
      SceneEvaluation.Result result =
          new SceneEvaluation(detector, prompts)
              .run((prompt, index) -> gray(64), scored -> heard[0]++);
      assertThat(heard[0]).isEqualTo(12);
      assertThat(result.scores().overall()).isEqualTo(new CategoryScores.Tally(0, 12));
      assertThat(result.pictures())
          .allSatisfy(each -> assertThat(each.verdict().reason()).isEqualTo("shows nothing"))
          .allSatisfy(each -> assertThat(each.found().background()).isEqualTo("white"));
    }
  }

  @Test
  void picturesOfAnySizeAreReadAndOnesThatAreNotSquareRefused(@TempDir Path folder)
      throws Exception {
    try (LoadedDetector detector = LoadedDetector.open(blind(folder))) {
      for (int side : List.of(16, 32, 48, 64, 100, 256)) {
        assertThat(detector.detect(gray(side)).objects()).isEmpty();
      }
      RgbImage wide = new RgbImage(4, 2, new byte[24]);
      assertThatThrownBy(() -> detector.detect(wide))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining("4x2");
    }
  }

  @Test
  void readingPicturesLeavesNoHandles(@TempDir Path folder) throws Exception {
    try (LoadedDetector detector = LoadedDetector.open(blind(folder))) {
      detector.detect(gray(64));
      long before = LiveHandles.settled();
      for (int i = 0; i < 5; i++) {
        detector.detect(gray(64));
      }
      assertThat(TorchRuntime.liveHandles()).isEqualTo(before);
    }
  }

  @Test
  void theReportCountsEachCategoryBesideTheDetectorsAccuracy() throws Exception {
    List<ScenePrompt> prompts = ScenePrompts.make(VOCABULARY, 2, 1, Placement.FREE);
    List<SceneEvaluation.Scored> pictures =
        prompts.stream().map(SceneEvaluationTest::scored).toList();
    SceneEvaluation.Result truth =
        new SceneEvaluation.Result(
            pictures.stream()
                .filter(each -> each.prompt().category() == Category.BACKGROUND)
                .limit(1)
                .toList());
    SceneReport report =
        new SceneReport(
            Map.of("model", "tiny"),
            Optional.of(new SceneEvaluation.Result(pictures)),
            Optional.of(truth),
            Optional.empty(),
            Optional.empty());
    JsonNode json = new ObjectMapper().readTree(report.json());
    assertThat(json.at("/scores/background/correct").asInt()).isEqualTo(2);
    assertThat(json.at("/scores/counting/correct").asInt()).isZero();
    assertThat(json.at("/scores/overall/total").asInt()).isEqualTo(12);
    assertThat(json.at("/detector_accuracy/true/background/score").asDouble()).isEqualTo(1);
    assertThat(json.at("/sharpness/generated").asDouble()).isEqualTo(40);
    assertThat(json.at("/seconds_per_picture").asDouble()).isEqualTo(3);
    assertThat(json.at("/detector_accuracy").has("true_decoded")).isFalse();
    assertThat(json.path("pictures")).hasSize(12);
    assertThat(report.human())
        .containsPattern("(?m)^background +100\\.0 % +\\(2/2\\) +100\\.0 % +\\(1/1\\)")
        .containsPattern("(?m)^counting +0\\.0 % +\\(0/2\\)")
        .containsPattern("(?m)^sharpness +40 +40")
        .containsPattern("(?m)^seconds each +3\\.00")
        .containsPattern("(?m)^overall +16\\.7 % +\\(2/12\\)");
  }

  private static SceneEvaluation.Scored scored(ScenePrompt prompt) {
    boolean correct = prompt.category() == Category.BACKGROUND;
    return new SceneEvaluation.Scored(
        prompt,
        gray(64),
        new DetectedScene(List.of(new Detection(null, 0.5, 0.5, 0.4, 0.3)), null),
        new SceneScorer.Verdict(correct, correct ? "" : "something unclear"),
        40,
        3);
  }

  @Test
  void theSheetShowsEveryPicture(@TempDir Path folder) {
    List<SceneEvaluation.Scored> pictures =
        ScenePrompts.make(VOCABULARY, 2, 1, Placement.FREE).stream()
            .map(SceneEvaluationTest::scored)
            .toList();
    Path file = folder.resolve("sheet.png");
    SceneSheet.write(file, pictures, IfExists.REFUSE);
    RgbImage sheet = ImageFiles.read(file);
    assertThat(sheet.width()).isGreaterThanOrEqualTo(10 * SceneSheet.TILE);
    assertThat(sheet.height()).isGreaterThanOrEqualTo(2 * SceneSheet.TILE);

    assertThatThrownBy(() -> SceneSheet.write(file, pictures.subList(0, 1), IfExists.REFUSE))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("already exists");
    assertThat(ImageFiles.read(file)).isEqualTo(sheet);
    SceneSheet.write(file, pictures.subList(0, 1), IfExists.REPLACE);
    assertThat(ImageFiles.read(file).width()).isLessThan(sheet.width());
  }

  @Test
  void moreThanTheStandardPromptsBeginWithThem() {
    List<ScenePrompt> standard = ScenePrompts.standard(VOCABULARY);
    assertThat(SceneEvaluation.prompts(VOCABULARY, 50, Placement.FREE)).isEqualTo(standard);
    List<ScenePrompt> more = SceneEvaluation.prompts(VOCABULARY, 70, Placement.FREE);
    assertThat(more).hasSize(6 * 70).startsWith(standard.toArray(ScenePrompt[]::new));
    assertThatThrownBy(() -> SceneEvaluation.prompts(VOCABULARY, 0, Placement.FREE))
        .isInstanceOf(UsageException.class);
  }

  @Test
  void aConfigurationIsReadBackAndAnothersRefused() {
    assertThat(DetectorConfig.of(ModelConfig.parse("x", TINY.json().toString()))).isEqualTo(TINY);
    assertThat(TINY.grid()).isEqualTo(8);
    assertThatThrownBy(
            () ->
                DetectorConfig.of(ModelConfig.parse("vae", "{\"_class_name\": \"AutoencoderKL\"}")))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("SceneDetector")
        .hasMessageContaining("AutoencoderKL");
    assertThatThrownBy(() -> DetectorConfig.of(VOCABULARY, 30, List.of(4, 4), List.of(0, 0), 2))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("30");
  }
}
