package io.lssgen.text;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads a {@link WeightedPrompt}, from left to right: a closing bracket multiplies the weights of
 * all pieces since its opening one.
 */
final class WeightedPromptParser {
  private static final double ROUND = 1.1;
  private static final double SQUARE = 1 / 1.1;
  private static final String BREAK = "BREAK";

  /** The web interface knows a break by this weight, so brackets around it unmake it. */
  private static final double BREAK_WEIGHT = -1;

  private static final String SIGNS = "\\()[]:";

  /** White space as Python understands it. */
  private static final String SPACE = "[\\s\\x1C-\\x1F\\x85\\p{Z}]";

  /** A weight, up to the bracket that it closes. */
  private static final Pattern WEIGHT =
      Pattern.compile(":" + SPACE + "*+([+-]?[.\\p{Nd}]++)" + SPACE + "*+\\)");

  private static final Pattern BREAK_WORD =
      Pattern.compile("(?<![\\p{L}\\p{N}_])" + BREAK + "(?![\\p{L}\\p{N}_])");

  /** {@code [a:b:0.5]}, {@code [a:0.5]}, {@code [a::0.5]} and {@code [a|b]}. */
  private static final Pattern SCHEDULE =
      Pattern.compile("(?<!\\\\)\\[[^\\[\\]]*(?::\\s*[0-9.]+\\s*|\\|[^\\[\\]]*)(?<!\\\\)]");

  private static final Pattern COMPOSITION = Pattern.compile("(?<=\\s)AND(?=\\s)");

  private final String prompt;
  private final List<Piece> pieces = new ArrayList<>();
  private final List<Integer> round = new ArrayList<>();
  private final List<Integer> square = new ArrayList<>();
  private final List<String> remarks = new ArrayList<>();

  /** A stretch of text or a break, whose weight is not settled yet. */
  private static final class Piece {
    private final String text;
    private double weight;

    Piece(String text, double weight) {
      this.text = text;
      this.weight = weight;
    }
  }

  WeightedPromptParser(String prompt) {
    this.prompt = prompt;
  }

  WeightedPrompt parse() {
    int at = 0;
    while (at < prompt.length()) {
      at =
          switch (prompt.charAt(at)) {
            case '\\' -> backslash(at);
            case '(' -> open(round, at);
            case '[' -> open(square, at);
            case ')' -> close(round, ROUND, at);
            case ']' -> close(square, SQUARE, at);
            case ':' -> colon(at);
            default -> words(at);
          };
    }
    round.forEach(start -> multiply(start, ROUND));
    square.forEach(start -> multiply(start, SQUARE));
    if (pieces.isEmpty()) {
      add("");
    }
    remarkOnLostBreaks();
    remarkOnSchedules();
    return new WeightedPrompt(parts(), remarks);
  }

  private void add(String text) {
    pieces.add(new Piece(text, 1));
  }

  /** Each of these reads what begins at {@code at}, and returns where the next thing begins. */
  private int backslash(int at) {
    int next = at + 1;
    if (next < prompt.length() && "\\()[]".indexOf(prompt.charAt(next)) >= 0) {
      add(prompt.substring(next, next + 1));
      return next + 1;
    }
    add("");
    if (!prompt.startsWith("B\\REAK", at - 1)) { // how the word is escaped
      remarks.add(
          "a backslash is not read where no bracket or backslash follows it: '%s'; write two for one"
              .formatted(around(at)));
    }
    return next;
  }

  private int open(List<Integer> brackets, int at) {
    brackets.add(pieces.size());
    return at + 1;
  }

  private int close(List<Integer> brackets, double factor, int at) {
    if (brackets.isEmpty()) {
      add(prompt.substring(at, at + 1));
    } else {
      multiply(brackets.remove(brackets.size() - 1), factor);
    }
    return at + 1;
  }

  private int colon(int at) {
    Matcher matcher = WEIGHT.matcher(prompt).region(at, prompt.length());
    if (!round.isEmpty() && matcher.lookingAt()) {
      double weight = number(matcher.group(1));
      if (!Double.isNaN(weight)) {
        return close(round, weight, matcher.end() - 1);
      }
      remarks.add(
          "'%s' is no number and read as text; a weight is written as in (word:1.2)"
              .formatted(matcher.group(1)));
    }
    add(":");
    return at + 1;
  }

  /** NaN if it is none: of digits and points only some arrangements are. */
  private static double number(String text) {
    StringBuilder digits = new StringBuilder();
    text.codePoints()
        .map(c -> Character.isDigit(c) ? '0' + Character.digit(c, 10) : c)
        .forEach(digits::appendCodePoint);
    try {
      return Double.parseDouble(digits.toString());
    } catch (NumberFormatException e) {
      return Double.NaN;
    }
  }

  /** Text up to the next sign; breaks take the white space around them with them. */
  private int words(int at) {
    int end = at;
    while (end < prompt.length() && SIGNS.indexOf(prompt.charAt(end)) < 0) {
      end++;
    }
    String[] texts = BREAK_WORD.split(prompt.substring(at, end), -1);
    for (int i = 0; i < texts.length; i++) {
      if (i > 0) {
        pieces.add(new Piece(BREAK, BREAK_WEIGHT));
      }
      add(strip(texts[i], i > 0, i < texts.length - 1));
    }
    return end;
  }

  /** Without white space at the sides that are named; Python's, as for {@link #SPACE}. */
  private static String strip(String text, boolean leading, boolean trailing) {
    int start = 0;
    int end = text.length();
    while (leading && start < end && isSpace(text.charAt(start))) {
      start++;
    }
    while (trailing && start < end && isSpace(text.charAt(end - 1))) {
      end--;
    }
    return text.substring(start, end);
  }

  private static boolean isSpace(char c) {
    return Character.isWhitespace(c) || Character.isSpaceChar(c) || c == '\u0085';
  }

  private void multiply(int start, double factor) {
    for (Piece piece : pieces.subList(start, pieces.size())) {
      piece.weight *= factor;
    }
  }

  private List<WeightedPrompt.Part> parts() {
    List<WeightedPrompt.Part> parts = new ArrayList<>();
    int at = 0;
    while (at < pieces.size()) {
      double weight = pieces.get(at).weight;
      StringBuilder text = new StringBuilder(pieces.get(at++).text);
      while (at < pieces.size() && pieces.get(at).weight == weight) {
        text.append(pieces.get(at++).text);
      }
      boolean isBreak = weight == BREAK_WEIGHT && BREAK.contentEquals(text);
      parts.add(
          isBreak ? new WeightedPrompt.Break() : new WeightedPrompt.Text(text.toString(), weight));
    }
    return parts;
  }

  private void remarkOnSchedules() {
    if (SCHEDULE.matcher(prompt).find()) {
      remarks.add(
          "prompts that change on the way, as in [a:b:0.5] or [a|b], are not supported: read as text of less weight");
    }
    if (COMPOSITION.matcher(prompt).find()) {
      remarks.add("AND joins no prompts here: it is read as a word");
    }
  }

  private void remarkOnLostBreaks() {
    if (pieces.stream().anyMatch(p -> p.text.equals(BREAK) && p.weight != BREAK_WEIGHT)) {
      remarks.add("BREAK within brackets is read as a word: close them before it");
    }
  }

  private String around(int at) {
    int start = prompt.offsetByCodePoints(at, -Math.min(8, prompt.codePointCount(0, at)));
    int rest = prompt.codePointCount(at, prompt.length());
    return prompt.substring(start, prompt.offsetByCodePoints(at, Math.min(8, rest)));
  }
}
