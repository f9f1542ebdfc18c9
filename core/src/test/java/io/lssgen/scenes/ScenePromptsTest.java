package io.lssgen.scenes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
    assertThat(ScenePrompts.make(vocabulary, 10, 5))
        .isEqualTo(ScenePrompts.make(vocabulary, 10, 5));
    assertThat(ScenePrompts.make(vocabulary, 10, 5))
        .isNotEqualTo(ScenePrompts.make(vocabulary, 10, 6));
  }

  @Test
  void moreThanThereAreIsRefused() {
    assertThatThrownBy(() -> ScenePrompts.make(SceneVocabulary.standard(), 100_000, 1))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("wanted 100000")
        .hasMessageContaining("ask for fewer");
  }
}
