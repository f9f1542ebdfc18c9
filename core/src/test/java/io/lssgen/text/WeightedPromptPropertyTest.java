package io.lssgen.text;

import static org.assertj.core.api.Assertions.assertThat;

import io.lssgen.text.WeightedPrompt.Break;
import io.lssgen.text.WeightedPrompt.Part;
import io.lssgen.text.WeightedPrompt.Text;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

class WeightedPromptPropertyTest {
  private static final ClipTokenizer TOKENIZER =
      BpeTrainer.train(OwnVocabularies.captions(), 700).tokenizer();

  /** Texts full of what has a meaning, among any characters. */
  @Provide
  Arbitrary<String> prompts() {
    Arbitrary<String> signs =
        Arbitraries.of(
            "(",
            ")",
            "[",
            "]",
            "\\",
            ":",
            ":1.2)",
            ":1..2)",
            ": 3 )",
            "BREAK",
            " BREAK ",
            ",",
            "_",
            "a red apple",
            "\n");
    return Arbitraries.oneOf(signs, signs, Arbitraries.strings().ofMaxLength(4))
        .list()
        .ofMaxSize(30)
        .map(parts -> String.join("", parts));
  }

  @Property(tries = 500)
  void anythingIsRead(@ForAll("prompts") String prompt) {
    List<Part> parts = WeightedPrompt.parse(prompt).parts();

    assertThat(parts).isNotEmpty();
    for (int i = 1; i < parts.size(); i++) {
      boolean bothText = parts.get(i - 1) instanceof Text && parts.get(i) instanceof Text;
      assertThat(bothText && weight(parts.get(i - 1)) == weight(parts.get(i))).isFalse();
    }
  }

  private static double weight(Part part) {
    return ((Text) part).weight();
  }

  @Property(tries = 500)
  void anEscapedTextIsThatText(@ForAll("prompts") String text) {
    WeightedPrompt prompt = WeightedPrompt.parse(WeightedPrompt.escape(text));
    assertThat(prompt.parts()).containsExactly(new Text(text, 1));
    assertThat(prompt.remarks()).isEmpty();
  }

  @Property(tries = 200)
  void anEscapedTextBetweenBreaksKeepsItsWeight(
      @ForAll("prompts") String text, @ForAll @IntRange(min = 2, max = 9) int weight) {
    String prompt = "x BREAK (a" + WeightedPrompt.escape(text) + ":" + weight + ")";
    List<Part> parts = WeightedPrompt.parse(prompt).parts();

    assertThat(parts).startsWith(new Text("x", 1), new Break());
    assertThat(parts).endsWith(new Text("a" + text, weight));
  }

  @Provide
  Arbitrary<String> lists() {
    return Arbitraries.strings().withChars("ab ,.é").ofMaxLength(200);
  }

  @Property(tries = 200)
  void chunksHoldEveryTokenInOrder(
      @ForAll("lists") String text,
      @ForAll @IntRange(min = 3, max = 12) int length,
      @ForAll @IntRange(max = 8) int commaReach) {
    PromptChunker chunker = new PromptChunker(TOKENIZER, length, commaReach);
    WeightedPrompt prompt = WeightedPrompt.parse(WeightedPrompt.escape(text));
    List<Long> held = new ArrayList<>();
    List<PromptChunk> chunks = chunker.chunks(prompt);
    for (PromptChunk chunk : chunks) {
      assertThat(chunk.tokens()).hasSize(length);
      assertThat(chunk.isWeighted()).isFalse();
      assertThat(chunk.ids()[0]).isEqualTo(TOKENIZER.startId());
      Arrays.stream(chunk.ids())
          .skip(1)
          .takeWhile(id -> id != TOKENIZER.endId())
          .forEach(held::add);
    }

    long[] whole = TOKENIZER.encode(text).ids();
    assertThat(held).isEqualTo(Arrays.stream(whole, 1, whole.length - 1).boxed().toList());
    if (commaReach == 0) {
      assertThat(chunks).hasSize(Math.max(1, (held.size() + length - 3) / (length - 2)));
    }
    if (whole.length <= length) {
      assertThat(chunks.get(0).ids()).isEqualTo(TOKENIZER.encode(text, length).ids());
    }
  }
}
