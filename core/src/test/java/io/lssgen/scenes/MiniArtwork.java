package io.lssgen.scenes;

import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;

/** The eight icons that come with the tests, and what can be made of them. */
final class MiniArtwork {
  static final SceneVocabulary VOCABULARY =
      SceneVocabulary.standard()
          .withIconsOnly(
              Set.of("dog", "cat", "apple", "blue-book", "car", "penguin", "banana", "house"));

  private MiniArtwork() {}

  static EmojiArtwork load() {
    try {
      return EmojiArtwork.load(
          Path.of(MiniArtwork.class.getResource("/emoji").toURI()), VOCABULARY);
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  static SceneStream stream(long seed) {
    return new SceneStream(
        new SceneGrammar(VOCABULARY, EnumSet.of(SceneSplit.TRAIN), SceneSettings.USUAL),
        new Captioner(VOCABULARY),
        new SceneRenderer(VOCABULARY, load()),
        seed);
  }
}
