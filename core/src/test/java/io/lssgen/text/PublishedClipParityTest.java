package io.lssgen.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lssgen.errors.ModelException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** CLIP's shipped vocabulary against transformers (tools/golden/clip_vocabulary.py); exact. */
class PublishedClipParityTest {
  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({"first, <|endoftext|>, 49407", "second, !, 0"})
  void idsOfEveryPrompt(String name, String pad, int padId) {
    ClipTokenizer tokenizer = Tokenizers.publishedClip(pad);
    assertIds(name, tokenizer);
    assertThat(tokenizer.padId()).isEqualTo(padId);
    assertThat(tokenizer.endId()).isEqualTo(49407);
    assertThat(tokenizer.vocabularySize()).isEqualTo(49408);
  }

  /** The same from a folder with the files of SD1.5's and SDXL's tokenizers. */
  @ParameterizedTest
  @CsvSource({"first, <|endoftext|>", "second, !"})
  void idsFromPublishedFolders(String name, String pad) {
    List<BytePairModel.Merge> merges = ClipVocabulary.merges();
    TokenizerWriter files = new TokenizerWriter(folder);
    ObjectNode vocabulary = files.object();
    ClipVocabulary.ids(merges).forEach(vocabulary::put);
    files.json("vocab.json", vocabulary);
    files.text(
        "merges.txt",
        merges.stream()
            .map(merge -> merge.left() + " " + merge.right() + "\n")
            .collect(Collectors.joining("", "#version: 0.2\n", "")));
    ObjectNode marks = files.object();
    mark(marks, "bos_token", "<|startoftext|>");
    mark(marks, "eos_token", "<|endoftext|>");
    marks.put("pad_token", pad);
    mark(marks, "unk_token", "<|endoftext|>");
    files.json("special_tokens_map.json", marks);

    assertIds(name, Tokenizers.clip(folder));
  }

  private static void mark(ObjectNode marks, String name, String content) {
    marks.putObject(name).put("content", content).put("normalized", true);
  }

  private static void assertIds(String name, ClipTokenizer tokenizer) {
    JsonNode golden = GoldenTokenizers.gzippedJson("clip-published.json.gz").get(name);
    List<String> prompts = GoldenTokenizers.prompts();
    SoftAssertions all = new SoftAssertions();
    for (int i = 0; i < prompts.size(); i++) {
      String prompt = prompts.get(i);
      all.assertThat(tokenizer.encode(prompt).ids())
          .as("prompt %d: %s", i, prompt)
          .containsExactly(GoldenTokenizers.longs(golden.get("full").get(i)));
      all.assertThat(tokenizer.encode(prompt, ClipTokenizer.MAX_LENGTH).ids())
          .as("padded prompt %d: %s", i, prompt)
          .containsExactly(GoldenTokenizers.longs(golden.get("padded").get(i)));
    }
    all.assertAll();
  }

  @Test
  void refusesAPaddingTokenThatItLacks() {
    assertThatThrownBy(() -> Tokenizers.publishedClip("<pad>"))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("<pad>");
  }
}
