package io.lssgen.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lssgen.errors.UsageException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against tools/golden/weighted_prompts.py: parts, ids and weights, exact. */
class WeightedPromptParityTest {
  private static final Path GOLDEN = Path.of("src/test/resources/golden/weighted-prompts");

  @TempDir private Path temporary;

  private static JsonNode json(String name) throws IOException {
    return new ObjectMapper().readTree(GOLDEN.resolve(name).toFile());
  }

  @Test
  void parts() throws Exception {
    JsonNode cases = json("parsed.json");
    assertThat(cases).hasSizeGreaterThan(300);
    for (JsonNode each : cases) {
      List<WeightedPrompt.Part> wanted = new ArrayList<>();
      for (JsonNode part : each.get("parts")) {
        wanted.add(
            part.isNull()
                ? new WeightedPrompt.Break()
                : new WeightedPrompt.Text(part.get(0).asText(), part.get(1).asDouble()));
      }
      String prompt = each.get("prompt").asText();
      assertThat(WeightedPrompt.parse(prompt).parts()).as(prompt).isEqualTo(wanted);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"clip", "clip-bang"})
  void chunks(String name) throws Exception {
    ClipTokenizer tokenizer = Tokenizers.clip(GoldenTokenizers.folder(name, temporary));
    for (JsonNode each : json("chunks.json")) {
      List<PromptChunk> wanted = new ArrayList<>();
      for (JsonNode chunk : each.get(name)) {
        List<PromptChunk.Token> tokens = new ArrayList<>();
        for (int i = 0; i < chunk.get("ids").size(); i++) {
          tokens.add(
              new PromptChunk.Token(
                  chunk.get("ids").get(i).asInt(), chunk.get("weights").get(i).asDouble()));
        }
        wanted.add(new PromptChunk(tokens));
      }
      PromptChunker chunker =
          new PromptChunker(tokenizer, ClipTokenizer.MAX_LENGTH, each.get("reach").asInt());
      String prompt = each.get("prompt").asText();
      assertThat(chunker.chunks(WeightedPrompt.parse(prompt))).as(prompt).isEqualTo(wanted);
    }
  }

  @Test
  void missingChunksAreThoseOfTheEmptyPrompt() throws Exception {
    ClipTokenizer tokenizer = Tokenizers.clip(GoldenTokenizers.folder("clip-bang", temporary));
    PromptChunker chunker = new PromptChunker(tokenizer, 20, PromptChunker.COMMA_REACH);
    WeightedPrompt prompt = WeightedPrompt.parse("a red apple BREAK a blue book");
    PromptChunk empty = chunker.chunks(WeightedPrompt.parse("")).get(0);

    assertThat(chunker.chunks(prompt, 3)).hasSize(3).startsWith(chunker.chunks(prompt).get(0));
    assertThat(chunker.chunks(prompt, 3).get(2)).isEqualTo(empty);
    assertThatThrownBy(() -> chunker.chunks(prompt, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("2", "1");
  }

  @Test
  void weightsBeyondComputingAreRefused() throws Exception {
    ClipTokenizer tokenizer = Tokenizers.clip(GoldenTokenizers.folder("clip", temporary));
    PromptChunker chunker = new PromptChunker(tokenizer, 20, PromptChunker.COMMA_REACH);
    WeightedPrompt prompt = WeightedPrompt.parse("(apple:" + "9".repeat(50) + ")");
    assertThatThrownBy(() -> chunker.chunks(prompt))
        .isInstanceOf(UsageException.class)
        .hasMessageContainingAll("apple", "E50");
  }
}
