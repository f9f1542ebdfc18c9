package io.lssgen.scenes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.lssgen.errors.UsageException;
import io.lssgen.scenes.ScenePrompt.Category;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ScenePromptsTest {
  private static final Set<Category> WITH_HELD_OUT =
      EnumSet.of(Category.TWO_OBJECTS, Category.COUNTING, Category.POSITION, Category.BACKGROUND);

  private final List<ScenePrompt> prompts = ScenePrompts.standard(SceneVocabulary.standard());

  @Test
  void everyCategoryHasItsPromptsEachAnother() {
    for (Category category : Category.values()) {
      assertThat(prompts).filteredOn(prompt -> prompt.category() == category).hasSize(50);
    }
    assertThat(prompts).extracting(ScenePrompt::prompt).doesNotHaveDuplicates();
  }

  @Test
  void eachContainsAHeldOutCombinationWhereThereIsOne() {
    for (ScenePrompt prompt : prompts) {
      assertThat(SceneSplit.of(prompt.scene()))
          .as(prompt.prompt())
          .isEqualTo(
              WITH_HELD_OUT.contains(prompt.category()) ? SceneSplit.HELD_OUT : SceneSplit.TRAIN);
    }
  }

  @Test
  void theListDependsOnItsSeedAlone() {
    SceneVocabulary vocabulary = SceneVocabulary.standard();
    assertThat(ScenePrompts.make(vocabulary, 10, 5, Placement.FREE))
        .isEqualTo(ScenePrompts.make(vocabulary, 10, 5, Placement.FREE));
    assertThat(ScenePrompts.make(vocabulary, 10, 5, Placement.FREE))
        .isNotEqualTo(ScenePrompts.make(vocabulary, 10, 6, Placement.FREE));
  }

  @Test
  void aPlacementMovesObjectsAndExchangesNone() {
    SceneVocabulary vocabulary = SceneVocabulary.standard();
    List<ScenePrompt> free = ScenePrompts.make(vocabulary, 10, 5, Placement.FREE);
    List<ScenePrompt> coarse = ScenePrompts.make(vocabulary, 10, 5, Placement.COARSE);
    assertThat(coarse).hasSameSizeAs(free);
    for (int i = 0; i < free.size(); i++) {
      assertThat(ids(coarse.get(i))).isEqualTo(ids(free.get(i)));
      for (PlacedObject each : coarse.get(i).scene().objects()) {
        double left = 8 * (each.x() - each.size() / 2 - 1.0 / 128);
        assertThat(left).isCloseTo(Math.rint(left), within(1e-9));
      }
    }
  }

  private static List<String> ids(ScenePrompt prompt) {
    return prompt.scene().objects().stream().map(PlacedObject::object).toList();
  }

  @Test
  void moreThanThereAreIsRefused() {
    assertThatThrownBy(
            () -> ScenePrompts.make(SceneVocabulary.standard(), 100_000, 1, Placement.FREE))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("wanted 100000")
        .hasMessageContaining("ask for fewer");
  }
}
