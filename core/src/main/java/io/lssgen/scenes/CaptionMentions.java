package io.lssgen.scenes;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Finds the words that name the objects of a scene in one of its captions. */
public final class CaptionMentions {
  private final SceneVocabulary vocabulary;

  /** For captions over this vocabulary. */
  public CaptionMentions(SceneVocabulary vocabulary) {
    this.vocabulary = vocabulary;
  }

  /**
   * Every place at which a kind of object is named, its longest name there; several objects of a
   * kind are named together and lie where they do on average.
   */
  public List<Mention> of(Scene scene, String caption) {
    String text = caption.toLowerCase(Locale.ROOT);
    Map<String, List<PlacedObject>> kinds =
        scene.objects().stream().collect(Collectors.groupingBy(PlacedObject::object));
    List<Named> named =
        kinds.entrySet().stream()
            .flatMap(kind -> names(kind.getKey()).map(name -> new Named(name, kind.getValue())))
            .sorted(Comparator.comparing((Named each) -> -each.name().length()))
            .toList();
    List<Mention> mentions = new ArrayList<>();
    for (Named each : named) {
      for (int at = find(text, each.name(), 0); at >= 0; at = find(text, each.name(), at + 1)) {
        int start = at;
        int end = at + each.name().length();
        if (mentions.stream().noneMatch(other -> start < other.end() && other.start() < end)) {
          mentions.add(each.mention(start, end));
        }
      }
    }
    mentions.sort(Comparator.comparing(Mention::start));
    return mentions;
  }

  private record Named(String name, List<PlacedObject> objects) {
    Mention mention(int start, int end) {
      double x = objects.stream().mapToDouble(PlacedObject::x).average().orElseThrow();
      double y = objects.stream().mapToDouble(PlacedObject::y).average().orElseThrow();
      return new Mention(start, end, x, y);
    }
  }

  /** In lower case; a coloured shape may be named without its colour. */
  private Stream<String> names(String id) {
    SceneObject object = vocabulary.object(id);
    return object.names().stream()
        .flatMap(name -> Stream.of(name.singular(), name.plural()))
        .flatMap(
            name ->
                object.isShape()
                    ? Stream.of(name, name.substring(name.indexOf(' ') + 1))
                    : Stream.of(name))
        .map(name -> name.toLowerCase(Locale.ROOT))
        .distinct();
  }

  /** The next whole words; -1 if there are none. */
  private static int find(String text, String words, int from) {
    for (int at = text.indexOf(words, from); at >= 0; at = text.indexOf(words, at + 1)) {
      int end = at + words.length();
      boolean begins = at == 0 || !Character.isLetter(text.charAt(at - 1));
      boolean ends = end == text.length() || !Character.isLetter(text.charAt(end));
      if (begins && ends) {
        return at;
      }
    }
    return -1;
  }
}
