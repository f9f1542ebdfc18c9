package io.lssgen.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.lssgen.eval.CategoryScores;
import io.lssgen.eval.DetectorAccuracy;
import io.lssgen.eval.LoadedDetector;
import io.lssgen.eval.SceneEvaluation;
import io.lssgen.pipeline.EmbeddedModel;
import io.lssgen.scenes.Placement;
import io.lssgen.scenes.ScenePrompt.Category;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The scene detector that comes along, on scenes that are drawn as their prompts say. */
class ShippedDetectorTest {
  /** Objects on a grid have their centres between the detector's own cells. */
  @ParameterizedTest
  @EnumSource
  void itReadsDrawnScenes(Placement placement) {
    try (LoadedDetector detector = LoadedDetector.open(EmbeddedModel.detector())) {
      SceneEvaluation evaluation =
          new SceneEvaluation(detector, CommittedArtwork.prompts(8, placement));
      CategoryScores scores = evaluation.run(CommittedArtwork.painter(256), scored -> {}).scores();

      for (Category category : Category.values()) {
        assertThat(scores.of(category).correct()).as("%s of 8", category).isGreaterThan(6);
      }
      assertThat(scores.overall().share()).isGreaterThan(0.95);
    }
  }

  /** Stored beside it by {@code eval scenes --true-scenes --count 200 --save-accuracy}. */
  @Test
  void itsAccuracyIsStored() {
    DetectorAccuracy stored = DetectorAccuracy.of(EmbeddedModel.detector()).orElseThrow();
    for (Category category : Category.values()) {
      assertThat(stored.scores().of(category).total()).isEqualTo(200);
      assertThat(stored.scores().of(category).share()).isBetween(0.9, 1.0);
    }
  }
}
