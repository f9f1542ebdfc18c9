package io.lssgen.scenes;

import static org.assertj.core.api.Assertions.assertThat;

import io.lssgen.text.PromptWords;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SceneWordsTest {
  private static final Set<String> WORDS = new SceneWords(SceneVocabulary.standard()).all();

  private static List<String> unknown(String prompt) {
    return PromptWords.unknown(prompt, WORDS);
  }

  @Test
  void promptsWithinTheVocabularyPass() {
    assertThat(unknown("a red apple left of a blue book on a yellow background")).isEmpty();
    assertThat(unknown("Three TVs, grey background!")).isEmpty();
    assertThat(unknown("A jack-o-lantern above a UFO.")).isEmpty();
    assertThat(unknown("")).isEmpty();
  }

  @Test
  void unknownWordsAreNamedOnceInOrder() {
    assertThat(unknown("Five dragons and a cat; dragons at sea, Müller's"))
        .containsExactly("Five", "dragons", "sea", "Müller's");
  }
}
