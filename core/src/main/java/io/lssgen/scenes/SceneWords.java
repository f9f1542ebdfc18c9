package io.lssgen.scenes;

import static java.util.Objects.requireNonNull;

import io.lssgen.text.PromptWords;
import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;

/** The words that captions are made of, to tell what of a prompt the default model cannot know. */
public final class SceneWords {
  private final SortedSet<String> known = new TreeSet<>();

  /** The words of all captions over a vocabulary. */
  public SceneWords(SceneVocabulary vocabulary) {
    requireNonNull(vocabulary, "vocabulary is null");
    for (SceneObject object : vocabulary.objects()) {
      for (SceneObject.Name name : object.names()) {
        known.addAll(PromptWords.of(name.withArticle()));
        known.addAll(PromptWords.of(name.plural()));
      }
    }
    vocabulary.backgrounds().forEach(background -> known.addAll(background.names()));
    for (String phrase : CaptionPhrases.all()) {
      known.addAll(PromptWords.of(phrase.replaceAll("\\{\\w*}", " ")));
    }
  }

  /** All words, in lower case, sorted. */
  public SortedSet<String> all() {
    return Collections.unmodifiableSortedSet(known);
  }
}
