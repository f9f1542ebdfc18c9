package io.lssgen.scenes;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SceneWordsTest {
  private static final SceneWords WORDS = new SceneWords(SceneVocabulary.standard());

  @Test
  void promptsWithinTheVocabularyPass() {
    assertThat(WORDS.unknown("a red apple left of a blue book on a yellow background")).isEmpty();
    assertThat(WORDS.unknown("Three TVs, grey background!")).isEmpty();
    assertThat(WORDS.unknown("A jack-o-lantern above a UFO.")).isEmpty();
    assertThat(WORDS.unknown("")).isEmpty();
  }

  @Test
  void unknownWordsAreNamedOnceInOrder() {
    assertThat(WORDS.unknown("Five dragons and a cat; dragons at sea, Müller's"))
        .containsExactly("Five", "dragons", "sea", "Müller's");
  }
}
