package io.lssgen.text;

import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A prompt in which parts weigh more or less than others, as AUTOMATIC1111's web interface writes
 * and reads it:
 *
 * <ul>
 *   <li>{@code (a)} weighs 1.1, {@code ((a))} 1.21, {@code (a:1.3)} what is given, {@code [a]}
 *       1/1.1; nested ones multiply. Any number of brackets may lack their counterpart: an opening
 *       one then reaches to the end, a closing one is text.
 *   <li>{@code \(}, {@code \)}, {@code \[}, {@code \]} and {@code \\} are the second character as
 *       text. A backslash before anything else is dropped.
 *   <li>{@code BREAK}, as a word of its own outside of brackets, begins a new chunk. Within
 *       brackets it loses that meaning: it is read as a word, and its weight is negative.
 * </ul>
 *
 * What is not read as it was probably meant is in {@link #remarks()}. A prompt without brackets,
 * backslash and {@code BREAK} is one text of weight 1.
 *
 * @param parts at least one; texts of equal weight next to each other are one
 * @param remarks one sentence for each thing in the prompt that is dropped or read otherwise than
 *     it seems
 */
public record WeightedPrompt(List<Part> parts, List<String> remarks) {

  /** The texts of its parts, without weights and breaks. */
  public List<String> texts() {
    return parts.stream()
        .flatMap(part -> part instanceof Text text ? Stream.of(text.text()) : Stream.empty())
        .toList();
  }

  /** The prompt as it was written but for weights, with a space for each break. */
  public String plain() {
    return parts.stream()
        .map(part -> part instanceof Text text ? text.text() : " ")
        .collect(Collectors.joining());
  }

  /** A part of the prompt. */
  public sealed interface Part {}

  /**
   * A stretch of text.
   *
   * @param text may be empty
   * @param weight 1 leaves it as it is; any number, infinite where brackets multiply that far
   */
  public record Text(String text, double weight) implements Part {
    public Text {
      Objects.requireNonNull(text, "text is null");
    }
  }

  /** Begins a new chunk. */
  public record Break() implements Part {}

  public WeightedPrompt {
    parts = List.copyOf(parts);
    remarks = List.copyOf(remarks);
  }

  /** Reads any text. */
  public static WeightedPrompt parse(String prompt) {
    Objects.requireNonNull(prompt, "prompt is null");
    return new WeightedPromptParser(prompt).parse();
  }

  /** Writes a text so that {@link #parse} gives it back as one part of weight 1. */
  public static String escape(String text) {
    // a backslash within the word is dropped, and takes its meaning with it
    return text.replaceAll("[\\\\()\\[\\]]", "\\\\$0").replace("BREAK", "B\\REAK");
  }
}
