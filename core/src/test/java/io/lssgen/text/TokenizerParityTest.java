package io.lssgen.text;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Token ids against transformers and tokenizers (tools/golden/token_ids.py); exact. */
public class TokenizerParityTest {
  private static final JsonNode IDS = GoldenTokenizers.json("ids.json");
  private static final List<String> PROMPTS = GoldenTokenizers.prompts();

  @TempDir private Path temporary;

  @ParameterizedTest
  @ValueSource(strings = {"clip", "clip-json", "clip-bang"})
  void clip(String name) throws Exception {
    Tokenizer tokenizer = Tokenizers.clip(GoldenTokenizers.folder(name, temporary));
    assertWhole(name, tokenizer);
    assertFitted(name, tokenizer);
  }

  @ParameterizedTest
  @ValueSource(strings = {"t5", "t5-json"})
  void t5(String name) throws Exception {
    Tokenizer tokenizer = Tokenizers.t5(GoldenTokenizers.folder(name, temporary));
    assertWhole(name, tokenizer);
    assertFitted(name, tokenizer);
  }

  @ParameterizedTest
  @ValueSource(strings = {"t5-converted", "t5-bytes-json", "t5-bytes"})
  void t5FilesOfOtherMakers(String name) throws Exception {
    assertWhole(name, Tokenizers.t5(GoldenTokenizers.folder(name, temporary)));
  }

  public static void assertWhole(String name, Tokenizer tokenizer) {
    SoftAssertions all = new SoftAssertions();
    for (int i = 0; i < PROMPTS.size(); i++) {
      all.assertThat(tokenizer.encode(PROMPTS.get(i)).ids())
          .as("%s, prompt %s: %s", name, i, PROMPTS.get(i))
          .containsExactly(GoldenTokenizers.longs(IDS.get(name).get("full").get(i)));
    }
    all.assertAll();
  }

  public static void assertFitted(String name, Tokenizer tokenizer) {
    int length = IDS.get(name).get("length").asInt();
    for (int i = 0; i < PROMPTS.size(); i++) {
      JsonNode wanted = IDS.get(name).get("padded").get(i);
      JsonNode full = IDS.get(name).get("full").get(i);
      long[] head = GoldenTokenizers.longs(wanted.get("ids").isNull() ? full : wanted.get("ids"));
      long[] row = new long[length];
      Arrays.fill(row, wanted.get("pad").asLong());
      System.arraycopy(head, 0, row, 0, head.length);

      Encoding encoding = tokenizer.encode(PROMPTS.get(i), length);
      assertThat(encoding.ids()).as("%s, %s", name, PROMPTS.get(i)).containsExactly(row);
      assertThat(encoding.length()).isEqualTo(wanted.get("mask").asInt());
      assertThat(Arrays.stream(encoding.attentionMask()).sum()).isEqualTo(encoding.length());
      boolean cut = tokenizer.encode(PROMPTS.get(i)).length() > length;
      assertThat(encoding.truncatedText().isEmpty()).as(PROMPTS.get(i)).isEqualTo(!cut);
    }
  }
}
