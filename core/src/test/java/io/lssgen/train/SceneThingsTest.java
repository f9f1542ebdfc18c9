package io.lssgen.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.lssgen.scenes.EmojiStyle;
import io.lssgen.scenes.PlacedObject;
import io.lssgen.scenes.Placement;
import io.lssgen.scenes.Scene;
import io.lssgen.scenes.SceneKind;
import io.lssgen.scenes.SceneObject;
import io.lssgen.scenes.ScenePrompt;
import io.lssgen.scenes.ScenePrompts;
import io.lssgen.scenes.SceneVocabulary;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class SceneThingsTest {
  private static final SceneVocabulary VOCABULARY = SceneVocabulary.standard();
  private static final List<String> IDS =
      VOCABULARY.objects().stream().map(SceneObject::id).toList();
  private static final SceneThings THINGS = new SceneThings(VOCABULARY);

  /** Of objects that stand on whole cells, each covers as many as its square has. */
  @Test
  void everyObjectHasItsCellsAndNothingHasTheRest() {
    assertThat(THINGS.count()).isEqualTo(IDS.size() + 1);
    for (ScenePrompt prompt : ScenePrompts.make(VOCABULARY, 5, 3, Placement.COARSE)) {
      Scene scene = prompt.scene();
      long[] things = THINGS.of(scene, 8, 8);
      int covered = 0;
      for (PlacedObject each : scene.objects()) {
        int cell = 8 * (int) (8 * (each.y() - 1e-9)) + (int) (8 * (each.x() - 1e-9));
        assertThat(things[cell]).isEqualTo(IDS.indexOf(each.object()) + 1);
        long side = Math.round(8 * (each.size() + 2.0 / 128));
        covered += Math.toIntExact(side * side);
      }
      assertThat(Arrays.stream(things).filter(thing -> thing != 0)).hasSize(covered);
    }
  }

  /** Cells of an object tell their parts from left to right and from top to bottom. */
  @Test
  void partsSayWhereInItsObjectACellLies() {
    int side = CaptionedImages.PARTS_A_SIDE;
    for (ScenePrompt prompt : ScenePrompts.make(VOCABULARY, 5, 3, Placement.COARSE)) {
      long[] things = THINGS.of(prompt.scene(), 8, 8);
      long[] parts = SceneThings.parts(prompt.scene(), 8, 8);
      for (int i = 0; i < 64; i++) {
        assertThat(parts[i] == 0).isEqualTo(things[i] == 0);
        if (i % 8 > 0 && parts[i] > 0 && things[i] == things[i - 1]) {
          boolean anothersBegins = (parts[i] - 1) % side < (parts[i - 1] - 1) % side;
          assertThat(anothersBegins || parts[i] > parts[i - 1]).isTrue();
        }
      }
    }
    PlacedObject big = new PlacedObject(IDS.get(0), 0.5, 0.5, 0.75 - 2.0 / 128);
    Scene scene = new Scene(SceneKind.SINGLE, List.of(big), "white", EmojiStyle.NOTO);
    long[] parts = SceneThings.parts(scene, 8, 8);
    for (int i = 0; i < 36; i++) {
      assertThat(parts[8 * (1 + i / 6) + 1 + i % 6]).isEqualTo(1 + i);
    }
    assertThat(Arrays.stream(parts).filter(part -> part == 0)).hasSize(28);
  }

  @Test
  void cellsNeedNotBeSquare() {
    Scene scene = ScenePrompts.make(VOCABULARY, 1, 3, Placement.COARSE).get(0).scene();
    long[] fine = THINGS.of(scene, 8, 8);
    long[] wide = THINGS.of(scene, 8, 16);
    for (int i = 0; i < wide.length; i++) {
      assertThat(wide[i]).isEqualTo(fine[i / 2]);
    }
  }
}
