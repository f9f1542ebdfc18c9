package io.lssgen.scenes;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The words that captions are made of, to tell what of a prompt the default model cannot know. */
public final class SceneWords {
  private static final Pattern WORD = Pattern.compile("[\\p{L}\\p{N}]+(?:['’-][\\p{L}\\p{N}]+)*");

  private final Set<String> known = new HashSet<>();

  /** The words of all captions over a vocabulary. */
  public SceneWords(SceneVocabulary vocabulary) {
    requireNonNull(vocabulary, "vocabulary is null");
    for (SceneObject object : vocabulary.objects()) {
      for (SceneObject.Name name : object.names()) {
        known.addAll(words(name.withArticle()));
        known.addAll(words(name.plural()));
      }
    }
    vocabulary.backgrounds().forEach(background -> known.addAll(background.names()));
    for (String phrase : CaptionPhrases.all()) {
      known.addAll(words(phrase.replaceAll("\\{\\w*}", " ")));
    }
  }

  /** The words of a prompt that no caption contains, as typed, each once, in order. */
  public List<String> unknown(String prompt) {
    Set<String> unknown = new LinkedHashSet<>();
    Matcher matcher = WORD.matcher(prompt);
    while (matcher.find()) {
      String word = matcher.group();
      if (!isKnown(word.toLowerCase(Locale.ROOT))) {
        unknown.add(word);
      }
    }
    return List.copyOf(unknown);
  }

  private boolean isKnown(String word) {
    return known.contains(word)
        || (word.contains("-") && known.containsAll(List.of(word.split("-"))));
  }

  private static List<String> words(String text) {
    List<String> words = new ArrayList<>();
    Matcher matcher = WORD.matcher(text.toLowerCase(Locale.ROOT));
    while (matcher.find()) {
      words.add(matcher.group());
    }
    return words;
  }
}
