package io.lssgen.scenes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What must hold for every scene that the grammar composes. */
class SceneGrammarPropertyTest {
  private static final SceneVocabulary VOCABULARY = SceneVocabulary.standard();
  private static final SceneGrammar TRAINING =
      new SceneGrammar(VOCABULARY, Set.of(SceneSplit.TRAIN), SceneSettings.USUAL);

  @Test
  void trainingNeverShowsWhatIsHeldOut() {
    for (int i = 0; i < 100_000; i++) {
      Scene scene = TRAINING.sample(new SceneRandom(1, i));
      List<PlacedObject> objects = scene.objects();
      for (PlacedObject a : objects) {
        assertThat(SceneSplit.backgroundHeldOut(a.object(), scene.background())).isFalse();
        long count = objects.stream().filter(b -> b.object().equals(a.object())).count();
        if (count > 1) {
          assertThat(SceneSplit.countHeldOut(a.object(), (int) count)).isFalse();
        }
        for (PlacedObject b : objects) {
          if (!a.object().equals(b.object())) {
            assertThat(SceneSplit.pairHeldOut(a.object(), b.object())).isFalse();
          }
        }
      }
    }
  }

  @Test
  void objectsKeepApartWithinTheFrameAndVisible() {
    for (int i = 0; i < 50_000; i++) {
      Scene scene = TRAINING.sample(new SceneRandom(2, i));
      List<PlacedObject> objects = scene.objects();
      for (int j = 0; j < objects.size(); j++) {
        PlacedObject a = objects.get(j);
        double half = a.size() / 2;
        assertThat(Math.min(a.x(), a.y()) - half).isGreaterThan(0.005);
        assertThat(Math.max(a.x(), a.y()) + half).isLessThan(0.995);
        assertThat(VOCABULARY.object(a.object()).lostOn()).doesNotContain(scene.background());
        for (PlacedObject b : objects.subList(0, j)) {
          double gapX = Math.abs(a.x() - b.x()) - (a.size() + b.size()) / 2;
          double gapY = Math.abs(a.y() - b.y()) - (a.size() + b.size()) / 2;
          assertThat(Math.max(gapX, gapY)).as("gap in %s", scene).isGreaterThan(0.015);
        }
      }
    }
  }

  @Test
  void relationsAreUnambiguous() {
    for (int i = 0; i < 50_000; i++) {
      Scene scene = TRAINING.sample(new SceneRandom(3, i));
      if (scene.kind() != SceneKind.PAIR) {
        continue;
      }
      PlacedObject a = scene.objects().get(0);
      PlacedObject b = scene.objects().get(1);
      double dx = Math.abs(a.x() - b.x());
      double dy = Math.abs(a.y() - b.y());
      assertThat(Math.max(dx, dy)).isGreaterThan(0.35);
      assertThat(Math.min(dx, dy)).isLessThan(0.09);
    }
  }

  @Test
  void sizesAreThoseOfTheirKind() {
    Map<SceneKind, double[]> range = new EnumMap<>(SceneKind.class);
    range.put(SceneKind.SINGLE, new double[] {0.22, 0.85});
    range.put(SceneKind.PAIR, new double[] {0.35, 0.42});
    range.put(SceneKind.COUNT, new double[] {0.26, 0.40});
    range.put(SceneKind.GROUP, new double[] {0.26, 0.38});
    for (int i = 0; i < 50_000; i++) {
      Scene scene = TRAINING.sample(new SceneRandom(4, i));
      for (PlacedObject object : scene.objects()) {
        assertThat(object.size()).isBetween(range.get(scene.kind())[0], range.get(scene.kind())[1]);
      }
    }
  }

  @Test
  void everyObjectBackgroundKindAndStyleOccurs() {
    Set<Object> seen = new HashSet<>();
    for (int i = 0; i < 20_000; i++) {
      Scene scene = TRAINING.sample(new SceneRandom(5, i));
      scene.objects().forEach(object -> seen.add(object.object()));
      seen.add("background " + scene.background());
      seen.add(scene.kind());
      seen.add(scene.style());
    }
    assertThat(seen)
        .contains((Object[]) SceneKind.values())
        .contains((Object[]) EmojiStyle.values());
    VOCABULARY.objects().forEach(object -> assertThat(seen).contains(object.id()));
    VOCABULARY
        .backgrounds()
        .forEach(background -> assertThat(seen).contains("background " + background.name()));
  }

  @Test
  void aTenthIsHeldOutInEitherOrder() {
    List<SceneObject> objects = VOCABULARY.objects();
    int pairs = 0;
    int held = 0;
    for (int i = 0; i < objects.size(); i++) {
      for (int j = 0; j < i; j++) {
        boolean out = SceneSplit.pairHeldOut(objects.get(i).id(), objects.get(j).id());
        assertThat(SceneSplit.pairHeldOut(objects.get(j).id(), objects.get(i).id())).isEqualTo(out);
        pairs++;
        held += out ? 1 : 0;
      }
    }
    assertThat((double) held / pairs).isBetween(0.09, 0.11);
  }

  @Test
  void theHeldOutGrammarGivesHeldOutScenesOnly() {
    SceneGrammar heldOut =
        new SceneGrammar(VOCABULARY, Set.of(SceneSplit.HELD_OUT), SceneSettings.USUAL);
    for (int i = 0; i < 2_000; i++) {
      assertThat(SceneSplit.of(heldOut.sample(new SceneRandom(6, i))))
          .isEqualTo(SceneSplit.HELD_OUT);
    }
  }

  /** Cells are whole latents, or whole tokens, at every size that the models are trained at. */
  @ParameterizedTest
  @CsvSource({"GRID, 16, 0.09", "COARSE, 8, 0.125"})
  void onCellsScenesShowTheSame(Placement placement, int cells, double farthest) {
    SceneGrammar snapped =
        new SceneGrammar(VOCABULARY, Set.of(SceneSplit.TRAIN), placed(placement));
    for (int i = 0; i < 50_000; i++) {
      Scene free = TRAINING.sample(new SceneRandom(7, i));
      Scene scene = snapped.sample(new SceneRandom(7, i)); // the constructor refuses overlaps
      assertThat(scene.background()).isEqualTo(free.background());
      for (int j = 0; j < scene.objects().size(); j++) {
        PlacedObject object = scene.objects().get(j);
        PlacedObject drawn = free.objects().get(j);
        double side = cells * (object.size() + 1.0 / 64);
        assertThat(object.object()).isEqualTo(drawn.object());
        assertThat(side % 1).isZero();
        assertThat((cells * object.x() - side / 2) % 1).isZero();
        assertThat((cells * object.y() - side / 2) % 1).isZero();
        if (scene.kind() == SceneKind.SINGLE) { // the others' captions name no size
          assertThat(SceneSize.of(object.size())).isEqualTo(SceneSize.of(drawn.size()));
        }
        assertThat(Math.hypot(object.x() - drawn.x(), object.y() - drawn.y())).isLessThan(farthest);
      }
    }
  }

  @Test
  void kindsComeAsOftenAsWanted() {
    Map<SceneKind, Double> wanted =
        Map.of(SceneKind.SINGLE, 6.0, SceneKind.PAIR, 3.0, SceneKind.GROUP, 1.0);
    SceneGrammar grammar =
        new SceneGrammar(
            VOCABULARY,
            Set.of(SceneSplit.TRAIN, SceneSplit.HELD_OUT),
            new SceneSettings(Placement.FREE, new Shares<>(wanted)));
    Map<SceneKind, Integer> counts = new EnumMap<>(SceneKind.class);
    for (int i = 0; i < 20_000; i++) {
      counts.merge(grammar.sample(new SceneRandom(9, i)).kind(), 1, Integer::sum);
    }
    assertThat(counts).containsOnlyKeys(wanted.keySet());
    wanted.forEach(
        (kind, share) ->
            assertThat(counts.get(kind) / 20_000.0)
                .isBetween(share / 10 - 0.02, share / 10 + 0.02));
  }

  private static SceneSettings placed(Placement placement) {
    return new SceneSettings(placement, SceneSettings.USUAL_KINDS);
  }

  @ParameterizedTest
  @CsvSource({"GRID, 0.16", "COARSE, 0.19"})
  void onCellsRelationsStayUnambiguous(Placement placement, double most) {
    SceneGrammar snapped =
        new SceneGrammar(VOCABULARY, Set.of(SceneSplit.TRAIN), placed(placement));
    for (int i = 0; i < 50_000; i++) {
      Scene scene = snapped.sample(new SceneRandom(8, i));
      if (scene.kind() == SceneKind.PAIR) {
        PlacedObject a = scene.objects().get(0);
        PlacedObject b = scene.objects().get(1);
        double dx = Math.abs(a.x() - b.x());
        double dy = Math.abs(a.y() - b.y());
        assertThat(Math.max(dx, dy)).isGreaterThan(0.3);
        assertThat(Math.min(dx, dy)).isLessThan(most);
      }
    }
  }
}
