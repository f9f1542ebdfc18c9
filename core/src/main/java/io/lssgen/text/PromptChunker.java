package io.lssgen.text;

import io.lssgen.errors.UsageException;
import java.util.ArrayList;
import java.util.List;

/**
 * Cuts weighted prompts of any length into chunks that a CLIP text encoder can read, as
 * AUTOMATIC1111's web interface does. The tokens of each part are taken apart from its neighbours';
 * a chunk that is full is followed by another. Where a comma stands shortly before the end of a
 * full chunk, what follows it moves to the next chunk, so that fewer phrases are torn.
 *
 * <p>A prompt without weights that fits into one chunk has the ids that diffusers gives it. Longer
 * ones it cuts off, and these read on.
 */
public final class PromptChunker {
  /** How far the web interface looks back for a comma, unless told otherwise. */
  public static final int COMMA_REACH = 20;

  private final ClipTokenizer tokenizer;
  private final int length;
  private final int commaReach;

  /**
   * @param length tokens of a chunk with its two marks, usually {@link ClipTokenizer#MAX_LENGTH};
   *     at least 3
   * @param commaReach most tokens, the comma's own included, that a comma may stand from the end of
   *     a full chunk for the chunk to end there; 0 never does that
   */
  public PromptChunker(ClipTokenizer tokenizer, int length, int commaReach) {
    if (length < 3 || commaReach < 0) {
      throw new IllegalArgumentException(
          "wanted chunks of 3 tokens or more and a reach of 0 or more, found %d and %d"
              .formatted(length, commaReach));
    }
    this.tokenizer = tokenizer;
    this.length = length;
    this.commaReach = commaReach;
  }

  /**
   * The chunks of a prompt, at least one.
   *
   * @throws UsageException if a weight is too large to compute with
   */
  public List<PromptChunk> chunks(WeightedPrompt prompt) {
    Filling filling = new Filling();
    for (WeightedPrompt.Part part : prompt.parts()) {
      if (part instanceof WeightedPrompt.Text text) {
        requireFinite(text);
        tokenizer
            .pieces(text.text())
            .forEach(piece -> filling.add(new PromptChunk.Token(piece.id(), text.weight())));
      } else {
        filling.finishChunk();
      }
    }
    if (!filling.chunk.isEmpty() || filling.done.isEmpty()) {
      filling.finishChunk();
    }
    return List.copyOf(filling.done);
  }

  /**
   * The chunks of a prompt and as many of the empty prompt as are missing to {@code count}: a
   * denoiser that reads two prompts in one batch needs as many of both.
   *
   * @throws IllegalArgumentException if the prompt has more than {@code count}
   */
  public List<PromptChunk> chunks(WeightedPrompt prompt, int count) {
    List<PromptChunk> chunks = new ArrayList<>(chunks(prompt));
    if (chunks.size() > count) {
      throw new IllegalArgumentException(
          "the prompt has %d chunks, wanted at most %d".formatted(chunks.size(), count));
    }
    while (chunks.size() < count) {
      chunks.add(marked(List.of()));
    }
    return List.copyOf(chunks);
  }

  private static void requireFinite(WeightedPrompt.Text text) {
    if (!Float.isFinite((float) text.weight())) {
      throw new UsageException(
          "a prompt's weight is too large to compute with, %s for '%s': use weights near 1"
              .formatted(text.weight(), text.text()));
    }
  }

  /** The start mark, the tokens, the end mark, padding. */
  private PromptChunk marked(List<PromptChunk.Token> tokens) {
    List<PromptChunk.Token> marked = new ArrayList<>(length);
    marked.add(new PromptChunk.Token(tokenizer.startId(), 1));
    marked.addAll(tokens);
    marked.add(new PromptChunk.Token(tokenizer.endId(), 1));
    while (marked.size() < length) {
      marked.add(new PromptChunk.Token(tokenizer.padId(), 1));
    }
    return new PromptChunk(marked);
  }

  /** The chunks of a prompt while they fill. */
  private final class Filling {
    private final int room = length - 2;
    private final List<PromptChunk> done = new ArrayList<>();
    private List<PromptChunk.Token> chunk = new ArrayList<>();
    private int lastComma = -1;

    void add(PromptChunk.Token token) {
      if (token.id() == tokenizer.commaId()) {
        lastComma = chunk.size(); // nothing moves for a comma: it ends the phrase before it
      } else if (chunk.size() == room && lastComma >= 0 && room - lastComma <= commaReach) {
        List<PromptChunk.Token> whole = chunk;
        chunk = new ArrayList<>(whole.subList(0, lastComma + 1));
        List<PromptChunk.Token> moved = whole.subList(lastComma + 1, room);
        finishChunk();
        chunk.addAll(moved);
      }
      if (chunk.size() == room) {
        finishChunk();
      }
      chunk.add(token);
    }

    void finishChunk() {
      done.add(marked(chunk));
      chunk = new ArrayList<>();
      lastComma = -1;
    }
  }
}
