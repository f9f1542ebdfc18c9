package io.lssgen.scenes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CaptionMentionsTest {
  private static final SceneVocabulary VOCABULARY = SceneVocabulary.standard();
  private static final CaptionMentions MENTIONS = new CaptionMentions(VOCABULARY);

  private static Scene scene(SceneKind kind, PlacedObject... objects) {
    return new Scene(kind, List.of(objects), "white", EmojiStyle.NOTO);
  }

  private static List<String> words(Scene scene, String caption) {
    return MENTIONS.of(scene, caption).stream()
        .map(each -> caption.substring(each.start(), each.end()) + " " + each.x() + " " + each.y())
        .toList();
  }

  @Test
  void namesHaveThePlaceOfWhatTheyName() {
    Scene pair =
        scene(
            SceneKind.PAIR,
            new PlacedObject("apple", 0.25, 0.5, 0.4),
            new PlacedObject("blue-book", 0.75, 0.5, 0.4));
    assertThat(words(pair, "A Blue Book, to the right of an apple on white"))
        .containsExactly("Blue Book 0.75 0.5", "apple 0.25 0.5");
    assertThat(words(pair, "an apple and a blue book, the apple on the left"))
        .containsExactly("apple 0.25 0.5", "blue book 0.75 0.5", "apple 0.25 0.5");
    assertThat(words(pair, "a pineapple and some applesauce")).isEmpty();
  }

  @Test
  void severalOfAKindLieInTheirMiddle() {
    Scene group =
        scene(
            SceneKind.GROUP,
            new PlacedObject("penguin", 0.25, 0.25, 0.2),
            new PlacedObject("penguin", 0.25, 0.75, 0.2),
            new PlacedObject("red circle", 0.75, 0.5, 0.2));
    assertThat(words(group, "two penguins next to a circle"))
        .containsExactly("penguins 0.25 0.5", "circle 0.75 0.5");
  }

  /** Where a shape is named without its colour, both of a pair may be called the same. */
  @Test
  void everyCaptionNamesEveryKindOfObject() {
    SceneGrammar grammar =
        new SceneGrammar(VOCABULARY, Set.of(SceneSplit.TRAIN), SceneSettings.USUAL);
    Captioner captioner = new Captioner(VOCABULARY);
    Map<Boolean, Integer> found = new HashMap<>();
    for (int i = 0; i < 20_000; i++) {
      Scene scene = grammar.sample(new SceneRandom(4, i));
      String caption = captioner.caption(scene, new SceneRandom(5, i));
      Set<String> places = new HashSet<>();
      MENTIONS.of(scene, caption).forEach(each -> places.add(each.x() + " " + each.y()));
      long kinds = scene.objects().stream().map(PlacedObject::object).distinct().count();
      found.merge(places.size() == kinds, 1, Integer::sum);
      assertThat(places).as(caption.toLowerCase(Locale.ROOT)).isNotEmpty();
    }
    assertThat(found.getOrDefault(false, 0)).isLessThan(20);
  }
}
