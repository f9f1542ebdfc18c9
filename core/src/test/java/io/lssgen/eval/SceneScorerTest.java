package io.lssgen.eval;

import static org.assertj.core.api.Assertions.assertThat;

import io.lssgen.scenes.PlacedObject;
import io.lssgen.scenes.Placement;
import io.lssgen.scenes.ScenePrompt;
import io.lssgen.scenes.ScenePrompt.Category;
import io.lssgen.scenes.ScenePrompts;
import io.lssgen.scenes.SceneVocabulary;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class SceneScorerTest {
  private static final List<ScenePrompt> PROMPTS =
      ScenePrompts.make(SceneVocabulary.standard(), 20, 5, Placement.FREE);

  private static List<ScenePrompt> prompts(Category category) {
    return PROMPTS.stream().filter(prompt -> prompt.category() == category).toList();
  }

  private static Stream<ScenePrompt> all() {
    return PROMPTS.stream();
  }

  private static Detection seen(PlacedObject object) {
    return new Detection(object.object(), object.x(), object.y(), object.size(), 0.9);
  }

  private static DetectedScene truth(ScenePrompt prompt) {
    return new DetectedScene(
        prompt.scene().objects().stream().map(SceneScorerTest::seen).toList(),
        prompt.scene().background());
  }

  private static boolean correct(ScenePrompt prompt, List<Detection> objects) {
    DetectedScene found = new DetectedScene(objects, prompt.scene().background());
    return SceneScorer.score(prompt, found).correct();
  }

  @ParameterizedTest
  @MethodSource("all")
  void theTruthIsRight(ScenePrompt prompt) {
    SceneScorer.Verdict verdict = SceneScorer.score(prompt, truth(prompt));
    assertThat(verdict.correct()).as(verdict.reason()).isTrue();
    assertThat(verdict.reason()).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("all")
  void theOrderInWhichObjectsAreSeenDoesNotMatter(ScenePrompt prompt) {
    List<Detection> reversed = new ArrayList<>(truth(prompt).objects());
    java.util.Collections.reverse(reversed);
    assertThat(correct(prompt, reversed)).isTrue();
  }

  @ParameterizedTest
  @MethodSource("all")
  void oneObjectTooFewOrTooManyIsWrongInEveryCategory(ScenePrompt prompt) {
    List<Detection> fewer = new ArrayList<>(truth(prompt).objects());
    Detection first = fewer.remove(0);
    assertThat(correct(prompt, fewer)).isFalse();
    List<Detection> more = new ArrayList<>(truth(prompt).objects());
    more.add(new Detection(first.object(), 0.9, 0.9, 0.1, 0.9));
    assertThat(correct(prompt, more)).isFalse();
  }

  @ParameterizedTest
  @MethodSource("all")
  void anotherObjectInsteadIsWrongInEveryCategory(ScenePrompt prompt) {
    List<Detection> changed = new ArrayList<>(truth(prompt).objects());
    Detection first = changed.get(0);
    String other = "dog".equals(first.object()) ? "cat" : "dog";
    changed.set(0, new Detection(other, first.x(), first.y(), first.size(), 0.9));
    assertThat(correct(prompt, changed)).isFalse();
  }

  @ParameterizedTest
  @MethodSource("all")
  void anObjectThatTheDetectorIsUnsureOfIsWrongInEveryCategory(ScenePrompt prompt) {
    List<Detection> unsure = new ArrayList<>(truth(prompt).objects());
    Detection first = unsure.get(0);
    unsure.set(0, new Detection(null, first.x(), first.y(), first.size(), 0.4));
    assertThat(correct(prompt, unsure)).isFalse();
    List<Detection> extra = new ArrayList<>(truth(prompt).objects());
    extra.add(new Detection(null, 0.1, 0.1, 0.1, 0.4));
    assertThat(correct(prompt, extra)).isFalse();
  }

  @Test
  void exchangedPlacesAreWrongForPositionsAlone() {
    for (ScenePrompt prompt : PROMPTS) {
      List<Detection> mirrored =
          truth(prompt).objects().stream()
              .map(d -> new Detection(d.object(), 1 - d.x(), 1 - d.y(), d.size(), 0.9))
              .toList();
      assertThat(correct(prompt, mirrored))
          .as(prompt.prompt())
          .isEqualTo(prompt.category() != Category.POSITION);
    }
  }

  @Test
  void aboveInsteadOfLeftIsAWrongPosition() {
    for (ScenePrompt prompt : prompts(Category.POSITION)) {
      List<Detection> transposed =
          truth(prompt).objects().stream()
              .map(d -> new Detection(d.object(), d.y(), d.x(), d.size(), 0.9))
              .toList();
      assertThat(correct(prompt, transposed)).as(prompt.prompt()).isFalse();
    }
  }

  @ParameterizedTest
  @EnumSource(Category.class)
  void anotherOrUnclearBackgroundIsWrongForBackgroundsAlone(Category category) {
    for (ScenePrompt prompt : prompts(category)) {
      String other = prompt.scene().background().equals("pink") ? "blue" : "pink";
      boolean counts = category != Category.BACKGROUND;
      List<Detection> objects = truth(prompt).objects();
      assertThat(SceneScorer.score(prompt, new DetectedScene(objects, other)).correct())
          .isEqualTo(counts);
      assertThat(SceneScorer.score(prompt, new DetectedScene(objects, null)).correct())
          .isEqualTo(counts);
    }
  }

  @Test
  void anObjectOfMiddlingSizeIsNeitherSmallNorBig() {
    for (ScenePrompt prompt : PROMPTS) {
      List<Detection> resized =
          truth(prompt).objects().stream()
              .map(d -> new Detection(d.object(), d.x(), d.y(), 0.5, 0.9))
              .toList();
      assertThat(correct(prompt, resized))
          .as(prompt.prompt())
          .isEqualTo(prompt.category() != Category.SIZE);
    }
  }
}
