package io.lssgen.scenes;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The wordings in {@code phrases.txt}. */
final class CaptionPhrases {
  private static final Map<String, List<String>> PHRASES = read();

  private CaptionPhrases() {}

  private static Map<String, List<String>> read() {
    Map<String, List<String>> phrases = new LinkedHashMap<>();
    for (List<String> row : VocabularyTable.rows("phrases.txt", 2)) {
      phrases.put(row.get(0), VocabularyTable.list(row.get(1), ";"));
    }
    return phrases;
  }

  /** All wordings of a key, the canonical one first. */
  static List<String> of(String key) {
    List<String> wordings = PHRASES.get(key);
    if (wordings == null || wordings.isEmpty()) {
      throw new IllegalArgumentException("phrases.txt has no \"" + key + "\"");
    }
    return wordings;
  }

  /** The wordings of all keys. */
  static List<String> all() {
    return PHRASES.values().stream().flatMap(List::stream).toList();
  }
}
