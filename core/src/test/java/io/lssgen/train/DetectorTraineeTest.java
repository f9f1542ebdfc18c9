package io.lssgen.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.lssgen.eval.DetectedScene;
import io.lssgen.eval.Detection;
import io.lssgen.eval.DetectorConfig;
import io.lssgen.eval.LoadedDetector;
import io.lssgen.scenes.EmojiArtwork;
import io.lssgen.scenes.PlacedObject;
import io.lssgen.scenes.SceneVocabulary;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.LiveHandles;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.TorchRuntime;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class DetectorTraineeTest {
  private static final SceneVocabulary VOCABULARY =
      SceneVocabulary.standard()
          .withIconsOnly(
              Set.of("dog", "cat", "apple", "blue-book", "car", "penguin", "banana", "house"));

  private static final DetectorConfig TINY =
      DetectorConfig.of(VOCABULARY, 64, List.of(8, 16, 32, 32), List.of(0, 0, 1, 1), 8);

  private static int threads;

  /** So small a network is faster on one thread, by far if others want the processors too. */
  @BeforeAll
  static void useOneThread() {
    threads = TorchRuntime.threads();
    TorchRuntime.threads(1);
  }

  @AfterAll
  static void useThreadsAsBefore() {
    TorchRuntime.threads(threads);
  }

  private static DetectorScenes scenes(double mongrels) {
    try {
      Path artwork = Path.of(DetectorTraineeTest.class.getResource("/emoji").toURI());
      return new DetectorScenes(VOCABULARY, EmojiArtwork.load(artwork, VOCABULARY), 3, mongrels);
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  private static DetectorTrainee trainee(DetectorTrainee.Source source) {
    return trainee(source, DType.F32);
  }

  private static DetectorTrainee trainee(DetectorTrainee.Source source, DType type) {
    return new DetectorTrainee(
        TINY, new DetectorTrainee.Settings(4, type, 1), source, new DetectorNoise(null, 0));
  }

  private static TrainingLoop.Settings steps(long steps) {
    return LoopSettings.with(new LearningRate(LearningRate.Schedule.COSINE, 5e-3, 10, steps, 0.02))
        .optimizer(new AdamW.Settings(0.9, 0.99, 1e-8, 0, false))
        .gradientClip(5)
        .sampleEvery(1000)
        .settings();
  }

  @Test
  void learnsFourScenesByHeartAndIsReadBackFromItsFolder(@TempDir Path folder) {
    DetectorScenes scenes = scenes(0);
    try (DetectorTrainee trainee = trainee((index, side) -> scenes.sample(index % 4, side))) {
      PrintStream silent = new PrintStream(OutputStream.nullOutputStream());
      new TrainingLoop(trainee, steps(150), folder, silent).run();
    }
    try (LoadedDetector detector =
        LoadedDetector.open(folder.resolve("model").resolve("scene-detector"))) {
      for (int i = 0; i < 4; i++) {
        DetectorTrainee.Labelled picture = scenes.sample(i, TINY.side());
        requireSame(picture, detector.detect(picture.image()));
      }
    }
    requireBeginsAt(folder.resolve("model").resolve("scene-detector"), scenes);
  }

  /** Weights of another seed, replaced by those in the folder and exported again. */
  private void requireBeginsAt(Path model, DetectorScenes scenes) {
    Path again = model.resolveSibling("again");
    try (DetectorTrainee trainee = trainee(scenes);
        FlatParameters weights =
            new FlatParameters(trainee.parameters().layout(), trainee.parameters().values())) {
      InitialWeights.loadComponent(model, trainee.parameters());
      trainee.export(weights, again);
    }
    assertThat(again.resolve("scene-detector").resolve("model.safetensors"))
        .hasSameBinaryContentAs(model.resolve("model.safetensors"));
  }

  private static void requireSame(DetectorTrainee.Labelled wanted, DetectedScene found) {
    assertThat(found.background()).isEqualTo(wanted.scene().background());
    assertThat(found.objects()).hasSameSizeAs(wanted.scene().objects());
    List<Detection> left = new ArrayList<>(found.objects());
    for (PlacedObject object : wanted.scene().objects()) {
      Detection nearest =
          left.stream()
              .min(
                  Comparator.comparingDouble(
                      d -> Math.hypot(d.x() - object.x(), d.y() - object.y())))
              .orElseThrow();
      left.remove(nearest);
      assertThat(nearest.object()).isEqualTo(object.object());
      assertThat(nearest.x()).isCloseTo(object.x(), within(0.06));
      assertThat(nearest.y()).isCloseTo(object.y(), within(0.06));
      assertThat(nearest.size() / object.size()).isCloseTo(1, within(0.25));
    }
  }

  @Test
  void aPictureDependsOnSeedAndIndexAlone() {
    DetectorScenes scenes = scenes(0.5);
    DetectorScenes again = scenes(0.5);
    boolean mongrels = false;
    for (int i = 20; i >= 0; i--) {
      DetectorTrainee.Labelled one = scenes.sample(i, 64);
      assertThat(again.sample(i, 64)).isEqualTo(one);
      assertThat(one.image().width()).isEqualTo(64);
      mongrels |= !one.known();
    }
    assertThat(mongrels).isTrue();
  }

  @Test
  void theObjectsOfMongrelsAreUnknown() {
    DetectorScenes mongrels = scenes(1);
    DetectorTargets targets =
        DetectorTargets.of(List.of(mongrels.sample(0, 64), mongrels.sample(1, 64)), TINY);
    assertThat(targets.classes()).isNotEmpty().containsOnly(TINY.unknown());
    DetectorScenes known = scenes(0);
    assertThat(DetectorTargets.of(List.of(known.sample(0, 64)), TINY).classes())
        .doesNotContain(TINY.unknown());
  }

  @Test
  void bf16LossAndGradientsAreFp32sButForRounding() {
    DetectorScenes scenes = scenes(0.1);
    try (DetectorTrainee fp32 = trainee(scenes);
        DetectorTrainee bf16 = trainee(scenes, DType.BF16)) {
      LowPrecision.assertAgree(fp32, bf16, 3);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16"})
  void stepsLeaveNoHandles(DType type) {
    DetectorScenes scenes = scenes(0.1);
    try (DetectorTrainee trainee = trainee(scenes, type)) {
      step(trainee, 0);
      long before = LiveHandles.settled();
      for (int i = 1; i <= 4; i++) {
        step(trainee, i);
      }
      assertThat(TorchRuntime.liveHandles()).isEqualTo(before);
    }
  }

  private static void step(DetectorTrainee trainee, long index) {
    try (TensorScope scope = TensorScope.open()) {
      trainee.loss(trainee.parameters(), index).total().backward();
      assertThat(scope).isNotNull();
    }
  }
}
