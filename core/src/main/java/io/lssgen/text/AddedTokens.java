package io.lssgen.text;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Tokens that are found in the prompt as they are written, before any model cuts it: the marks and
 * the padding token above all. Those that are not "normalized" are looked for in the raw text
 * first; the others in the normalized text, in their own normalized form. The leftmost match wins,
 * of several there the longest.
 */
final class AddedTokens {
  /**
   * @param content as it is written
   * @param id its id
   * @param normalized whether it is looked for after normalization
   */
  record Token(String content, int id, boolean normalized) {}

  /**
   * A stretch of the prompt: normalized text, or one added token.
   *
   * @param text the normalized text, or the token's content
   * @param id the token's id, or -1 for text
   * @param first whether it is at the very start of the prompt
   */
  record Segment(String text, int id, boolean first) {
    boolean isToken() {
      return id >= 0;
    }
  }

  private final List<Token> raw;
  private final List<Token> normalized;
  private final UnaryOperator<String> normalizer;

  AddedTokens(Collection<Token> tokens, UnaryOperator<String> normalizer) {
    this.normalizer = normalizer;
    this.raw = tokens.stream().filter(t -> !t.normalized() && !t.content().isEmpty()).toList();
    this.normalized =
        tokens.stream()
            .filter(Token::normalized)
            .map(t -> new Token(normalizer.apply(t.content()), t.id(), true))
            .filter(t -> !t.content().isEmpty())
            .toList();
  }

  /** The prompt as normalized stretches of text and added tokens, in order. */
  List<Segment> split(String prompt) {
    List<Segment> segments = new ArrayList<>();
    for (Segment segment : split(prompt, raw, true)) {
      if (segment.isToken()) {
        segments.add(segment);
      } else {
        segments.addAll(split(normalizer.apply(segment.text()), normalized, segment.first()));
      }
    }
    return segments;
  }

  private static List<Segment> split(String text, List<Token> tokens, boolean first) {
    List<Segment> segments = new ArrayList<>();
    int start = 0;
    int at = 0;
    while (at < text.length()) {
      Token found = longestAt(text, at, tokens);
      if (found == null) {
        at++;
        continue;
      }
      if (at > start) {
        segments.add(new Segment(text.substring(start, at), -1, first && start == 0));
      }
      segments.add(new Segment(found.content(), found.id(), first && at == 0));
      at += found.content().length();
      start = at;
    }
    if (start < text.length()) {
      segments.add(new Segment(text.substring(start), -1, first && start == 0));
    }
    return segments;
  }

  private static @Nullable Token longestAt(String text, int at, List<Token> tokens) {
    Token best = null;
    for (Token token : tokens) {
      boolean longer = best == null || token.content().length() > best.content().length();
      if (longer && text.startsWith(token.content(), at)) {
        best = token;
      }
    }
    return best;
  }
}
