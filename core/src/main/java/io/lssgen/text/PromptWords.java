package io.lssgen.text;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** The words of a prompt, held against those a model was trained with. */
public final class PromptWords {
  private static final Pattern WORD = Pattern.compile("[\\p{L}\\p{N}]+(?:['’-][\\p{L}\\p{N}]+)*");

  private PromptWords() {}

  /**
   * The words of {@code prompt} that are not in {@code vocabulary}, as typed, each once, in their
   * order. A word with hyphens is known if each of its parts is.
   *
   * @param vocabulary in lower case
   */
  public static List<String> unknown(String prompt, Set<String> vocabulary) {
    Set<String> unknown = new LinkedHashSet<>();
    WORD.matcher(prompt)
        .results()
        .map(MatchResult::group)
        .filter(word -> !isKnown(word.toLowerCase(Locale.ROOT), vocabulary))
        .forEach(unknown::add);
    return List.copyOf(unknown);
  }

  /** The words of {@code text} in lower case, in their order. */
  public static List<String> of(String text) {
    return WORD.matcher(text.toLowerCase(Locale.ROOT)).results().map(MatchResult::group).toList();
  }

  private static boolean isKnown(String word, Set<String> vocabulary) {
    return vocabulary.contains(word)
        || (word.contains("-") && vocabulary.containsAll(List.of(word.split("-"))));
  }
}
