package io.lssgen.text;

import com.fasterxml.jackson.databind.JsonNode;
import io.lssgen.errors.ModelException;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * The steps before the model that T5's tokenizer.json files name: normalizers, and how a text is
 * cut into words. Only what those files use is known; anything else is refused by name.
 */
final class TextSteps {
  private static final Pattern WHITE_SPACE = Pattern.compile("\\p{IsWhite_Space}+");
  private static final Pattern LEADING = Pattern.compile("^\\p{IsWhite_Space}+");
  private static final Pattern TRAILING = Pattern.compile("\\p{IsWhite_Space}+$");

  private TextSteps() {}

  /**
   * How a normalized text becomes words for the model.
   *
   * @param splitsWhiteSpace whether white space separates words and is dropped
   * @param space what stands for a space, and begins a word
   * @param prepend when a word without {@code space} gets one in front
   * @param splits whether words are cut before each {@code space}
   */
  record Words(boolean splitsWhiteSpace, String space, Prepend prepend, boolean splits) {
    /** T5's own: words at white space, each begun by ▁. */
    static final Words T5 = new Words(true, "▁", Prepend.ALWAYS, true);

    /** The words of one stretch of text. */
    List<String> of(String text, boolean first) {
      List<String> words = new ArrayList<>();
      if (!splitsWhiteSpace) {
        addWord(text, first, words);
        return words;
      }
      boolean start = first;
      for (String part : WHITE_SPACE.split(text, -1)) {
        if (!part.isEmpty()) {
          addWord(part, start, words);
        }
        start = false; // a first part that is empty means that the text began with white space
      }
      return words;
    }

    private void addWord(String part, boolean first, List<String> words) {
      String word = part.replace(" ", space);
      boolean wanted = prepend == Prepend.ALWAYS || (prepend == Prepend.FIRST && first);
      if (wanted && !word.isEmpty() && !word.startsWith(space)) {
        word = space + word;
      }
      int start = 0;
      for (int at = word.indexOf(space, 1); splits && at >= 0; at = word.indexOf(space, at + 1)) {
        words.add(word.substring(start, at));
        start = at;
      }
      words.add(word.substring(start));
    }
  }

  /** When a word gets the sign for a space put before it. */
  enum Prepend {
    ALWAYS,
    FIRST,
    NEVER
  }

  /** A normalizer as tokenizer.json describes it; a missing or null node changes nothing. */
  static UnaryOperator<String> normalizer(JsonNode step, String source) {
    if (step.isNull() || step.isMissingNode()) {
      return text -> text;
    }
    String type = step.path("type").asText();
    return switch (type) {
      case "Sequence" -> sequence(step, source);
      case "Precompiled" -> precompiled(step, source);
      case "Strip" -> strip(step);
      case "Replace" -> replace(step, source);
      case "NFC", "NFD", "NFKC", "NFKD" ->
          text -> Normalizer.normalize(text, Normalizer.Form.valueOf(type));
      case "Lowercase" -> ClipTokenizer::lowerCase;
      default -> throw unknown("normalizer", type, source);
    };
  }

  private static UnaryOperator<String> sequence(JsonNode step, String source) {
    List<UnaryOperator<String>> steps = new ArrayList<>();
    step.path("normalizers").forEach(child -> steps.add(normalizer(child, source)));
    return text -> {
      String result = text;
      for (UnaryOperator<String> next : steps) {
        result = next.apply(result);
      }
      return result;
    };
  }

  private static UnaryOperator<String> precompiled(JsonNode step, String source) {
    String table = step.path("precompiled_charsmap").asText("");
    if (table.isEmpty()) {
      return text -> text;
    }
    try {
      return new PrecompiledCharsMap(Base64.getDecoder().decode(table), source)::normalize;
    } catch (IllegalArgumentException e) {
      throw new ModelException(source + ": the normalization table is not base64", e);
    }
  }

  private static UnaryOperator<String> strip(JsonNode step) {
    boolean left = step.path("strip_left").asBoolean();
    boolean right = step.path("strip_right").asBoolean();
    return text -> {
      String begun = left ? LEADING.matcher(text).replaceFirst("") : text;
      return right ? TRAILING.matcher(begun).replaceFirst("") : begun;
    };
  }

  private static UnaryOperator<String> replace(JsonNode step, String source) {
    JsonNode pattern = step.path("pattern");
    Pattern wanted =
        pattern.has("Regex")
            ? regex(pattern.path("Regex").asText(), source)
            : Pattern.compile(Pattern.quote(pattern.path("String").asText()));
    String content = Matcher.quoteReplacement(step.path("content").asText());
    return text -> wanted.matcher(text).replaceAll(content);
  }

  private static Pattern regex(String text, String source) {
    try {
      return Pattern.compile(text);
    } catch (PatternSyntaxException e) {
      throw new ModelException(
          source + ": '" + text + "' is no regular expression: " + e.getDescription(), e);
    }
  }

  /** How tokenizer.json has a text cut into words: Metaspace, after WhitespaceSplit or alone. */
  static Words words(JsonNode step, String source) {
    boolean whiteSpace = false;
    JsonNode metaspace = step;
    if (step.path("type").asText().equals("Sequence")) {
      JsonNode steps = step.path("pretokenizers");
      whiteSpace = steps.path(0).path("type").asText().equals("WhitespaceSplit");
      if (steps.size() != (whiteSpace ? 2 : 1)) {
        throw unknown(
            "sequence of pre-tokenizers", steps.findValuesAsText("type").toString(), source);
      }
      metaspace = steps.path(steps.size() - 1);
    }
    String type = metaspace.path("type").asText("none");
    if (!type.equals("Metaspace")) {
      throw unknown("pre-tokenizer", type, source);
    }
    // files from before prepend_scheme have a flag, which means always or never
    String scheme =
        metaspace
            .path("prepend_scheme")
            .asText(metaspace.path("add_prefix_space").asBoolean(true) ? "always" : "never");
    Prepend prepend =
        switch (scheme) {
          case "always" -> Prepend.ALWAYS;
          case "first" -> Prepend.FIRST;
          case "never" -> Prepend.NEVER;
          default -> throw unknown("prepend_scheme", scheme, source);
        };
    return new Words(
        whiteSpace,
        metaspace.path("replacement").asText("▁"),
        prepend,
        metaspace.path("split").asBoolean(true));
  }

  private static ModelException unknown(String what, String found, String source) {
    return new ModelException(
        source
            + " asks for the "
            + what
            + " '"
            + found
            + "', which T5 tokenizers do not have here");
  }
}
