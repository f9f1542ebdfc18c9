package io.lssgen.text;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Vocabularies made here are read by transformers with the same ids (tools/golden/token_ids.py has
 * read the files that {@link #writeForTheGoldenScript} leaves); exact.
 */
class OwnVocabulariesParityTest {
  private static final Path OUTPUT = Path.of("target/own-vocabularies");

  @TempDir private Path temporary;

  @Test
  void writeForTheGoldenScript() {
    BpeTrainer.Vocabulary clip = BpeTrainer.train(OwnVocabularies.captions(), 700);
    UnigramVocabulary t5 = UnigramVocabulary.of(OwnVocabularies.captions(), 60);
    clip.write(OUTPUT.resolve("own-clip"));
    t5.write(OUTPUT.resolve("own-t5"), T5Tokenizer.MAX_LENGTH);

    assertThat(clip.size()).isBetween(600, 700);
    assertThat(Tokenizers.clip(OUTPUT.resolve("own-clip")).vocabularySize()).isEqualTo(clip.size());
    assertThat(Tokenizers.t5(OUTPUT.resolve("own-t5")).vocabularySize()).isEqualTo(t5.size());
  }

  @Test
  void clip() throws Exception {
    Tokenizer loaded = Tokenizers.clip(GoldenTokenizers.folder("own-clip", temporary));
    assertSame("own-clip", loaded);
    assertSame("own-clip", BpeTrainer.train(OwnVocabularies.captions(), 700).tokenizer());
  }

  @Test
  void t5() throws Exception {
    Tokenizer loaded = Tokenizers.t5(GoldenTokenizers.folder("own-t5", temporary));
    assertSame("own-t5", loaded);
    assertSame("own-t5", UnigramVocabulary.of(OwnVocabularies.captions(), 60).tokenizer());
  }

  private static void assertSame(String name, Tokenizer tokenizer) {
    JsonNode wanted = GoldenTokenizers.json("ids.json").get(name).get("full");
    List<String> prompts = GoldenTokenizers.prompts();
    for (int i = 0; i < prompts.size(); i++) {
      assertThat(tokenizer.encode(prompts.get(i)).ids())
          .as("%s, %s", name, prompts.get(i))
          .containsExactly(GoldenTokenizers.longs(wanted.get(i)));
    }
  }
}
