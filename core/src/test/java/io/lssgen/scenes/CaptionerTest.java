package io.lssgen.scenes;

import static org.assertj.core.api.Assertions.assertThat;

import io.lssgen.text.PromptWords;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class CaptionerTest {
  private static final SceneVocabulary VOCABULARY = SceneVocabulary.standard();
  private static final Captioner CAPTIONER = new Captioner(VOCABULARY);
  private static final SceneGrammar GRAMMAR =
      new SceneGrammar(VOCABULARY, Set.of(SceneSplit.TRAIN), SceneSettings.USUAL);

  private static Scene scene(SceneKind kind, String background, PlacedObject... objects) {
    return new Scene(kind, List.of(objects), background, EmojiStyle.NOTO);
  }

  @Test
  void canonicalCaptionsSayAll() {
    PlacedObject apple = new PlacedObject("apple", 0.25, 0.5, 0.4);
    PlacedObject book = new PlacedObject("blue-book", 0.75, 0.52, 0.4);
    assertThat(CAPTIONER.canonical(scene(SceneKind.PAIR, "yellow", apple, book)))
        .isEqualTo("an apple to the left of a blue book on a yellow background");
    assertThat(CAPTIONER.canonical(scene(SceneKind.PAIR, "white", book, apple)))
        .isEqualTo("a blue book to the right of an apple");
    assertThat(CAPTIONER.canonicalWithoutRelation(scene(SceneKind.PAIR, "white", book, apple)))
        .isEqualTo("an apple and a blue book");
    PlacedObject small = new PlacedObject("red circle", 0.5, 0.5, 0.25);
    assertThat(CAPTIONER.canonical(scene(SceneKind.SINGLE, "orange", small)))
        .isEqualTo("a small red circle on an orange background");
    PlacedObject left = new PlacedObject("penguin", 0.3, 0.5, 0.35);
    PlacedObject right = new PlacedObject("penguin", 0.7, 0.5, 0.35);
    Scene two = new Scene(SceneKind.COUNT, List.of(left, right), "blue", EmojiStyle.FLAT);
    assertThat(CAPTIONER.canonical(two))
        .isEqualTo("two penguins on a blue background in flat style");
  }

  @Test
  void captionsUseKnownWordsOnly() {
    Set<String> words = new SceneWords(VOCABULARY).all();
    for (int i = 0; i < 50_000; i++) {
      String caption = CAPTIONER.caption(GRAMMAR.sample(new SceneRandom(1, i)), random(i));
      assertThat(PromptWords.unknown(caption, words)).as(caption).isEmpty();
      assertThat(caption).doesNotContain("{").doesNotContain("  ").doesNotContain(" a a ");
    }
  }

  @Test
  void captionsNameEveryObjectTheBackgroundAndTheStyle() {
    for (int i = 0; i < 50_000; i++) {
      Scene scene = GRAMMAR.sample(new SceneRandom(2, i));
      String caption = CAPTIONER.caption(scene, random(i)).toLowerCase(Locale.ROOT);
      for (PlacedObject placed : scene.objects()) {
        assertThat(namesOf(placed)).as(caption).anyMatch(caption::contains);
      }
      if (!scene.background().equals("white")) {
        assertThat(VOCABULARY.background(scene.background()).names())
            .as(caption)
            .anyMatch(caption::contains);
      }
      assertThat(caption.contains("flat")).as(caption).isEqualTo(scene.style() == EmojiStyle.FLAT);
    }
  }

  private static List<String> namesOf(PlacedObject placed) {
    SceneObject object = VOCABULARY.object(placed.object());
    return object.names().stream()
        .flatMap(name -> Stream.of(name.singular(), name.plural()))
        .flatMap(
            name ->
                object.isShape() // may be named without its colour
                    ? Stream.of(name, name.substring(name.indexOf(' ') + 1))
                    : Stream.of(name))
        .map(name -> name.toLowerCase(Locale.ROOT))
        .toList();
  }

  /** Reads "X ... relation ... Y" back and compares it with where X and Y are. */
  @Test
  void relationsInCaptionsAreTrue() {
    int read = 0;
    for (int i = 0; i < 50_000; i++) {
      Scene scene = GRAMMAR.sample(new SceneRandom(3, i));
      String caption = CAPTIONER.caption(scene, random(i)).toLowerCase(Locale.ROOT);
      for (Relation relation : Relation.values()) {
        for (String phrase : phrases(relation)) {
          int at = caption.indexOf(" " + phrase + " ");
          if (at < 0 || scene.kind() != SceneKind.PAIR) {
            continue;
          }
          String before = caption.substring(0, at);
          PlacedObject first = scene.objects().get(0);
          PlacedObject second = scene.objects().get(1);
          int lead = longest(before, first) - longest(before, second);
          if (lead == 0) { // "a circle left of a red circle": which one is meant is not said
            continue;
          }
          read++;
          boolean firstBefore = lead > 0;
          PlacedObject subject = firstBefore ? first : second;
          PlacedObject other = firstBefore ? second : first;
          assertThat(Relation.between(subject, other))
              .as("%s: %s", caption, scene)
              .isEqualTo(relation);
        }
      }
    }
    assertThat(read).isGreaterThan(5_000);
  }

  private static List<String> phrases(Relation relation) {
    return switch (relation) {
      case LEFT_OF -> List.of("to the left of", "left of", "on the left of", "on the left side of");
      case RIGHT_OF ->
          List.of("to the right of", "right of", "on the right of", "on the right side of");
      case ABOVE -> List.of("over");
      case BELOW -> List.of("under", "beneath", "underneath");
    };
  }

  /** Length of the longest name of this object in the text, 0 if there is none. */
  private static int longest(String text, PlacedObject placed) {
    return namesOf(placed).stream()
        .filter(name -> (" " + text + " ").contains(" " + name + " "))
        .mapToInt(String::length)
        .max()
        .orElse(0);
  }

  @Test
  void countsInCaptionsAreTrue() {
    for (int i = 0; i < 20_000; i++) {
      Scene scene = GRAMMAR.sample(new SceneRandom(4, i));
      String caption = " " + CAPTIONER.caption(scene, random(i)).toLowerCase(Locale.ROOT);
      assertThat(says(caption, " two ", " 2 ", " pair of ", " couple of "))
          .as(caption)
          .isEqualTo(
              scene.kind() == SceneKind.GROUP
                  || (scene.kind() == SceneKind.COUNT && scene.objects().size() == 2));
      assertThat(says(caption, " three ", " 3 "))
          .as(caption)
          .isEqualTo(scene.kind() == SceneKind.COUNT && scene.objects().size() == 3);
      assertThat(says(caption, " four ", " 4 "))
          .as(caption)
          .isEqualTo(scene.kind() == SceneKind.COUNT && scene.objects().size() == 4);
      assertThat(says(caption, " small ", " little ", " tiny "))
          .as(caption)
          .isEqualTo(scene.kind() == SceneKind.SINGLE && scene.size() == SceneSize.SMALL);
    }
  }

  private static boolean says(String caption, String... words) {
    return List.of(words).stream().anyMatch(caption::contains);
  }

  @Test
  void oneSceneHasManyCaptions() {
    Scene scene =
        scene(
            SceneKind.PAIR,
            "green",
            new PlacedObject("dog", 0.25, 0.5, 0.4),
            new PlacedObject("car", 0.75, 0.5, 0.4));
    Set<String> captions = new HashSet<>();
    for (int i = 0; i < 500; i++) {
      captions.add(CAPTIONER.caption(scene, random(i)));
    }
    assertThat(captions)
        .hasSizeGreaterThan(300)
        .anyMatch(caption -> caption.contains("automobile"))
        .anyMatch(caption -> caption.contains("right of"));
  }

  private static SceneRandom random(int index) {
    return new SceneRandom(99, index);
  }
}
