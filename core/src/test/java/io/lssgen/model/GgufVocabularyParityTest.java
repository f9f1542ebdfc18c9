package io.lssgen.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.lssgen.text.T5Tokenizer;
import io.lssgen.text.TokenizerParityTest;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A vocabulary as llama.cpp's converter stores it gives transformers' ids (gguf_files.py); exact.
 */
class GgufVocabularyParityTest {
  @TempDir private Path folder;

  @Test
  void idsOfTransformers() throws Exception {
    Path file = folder.resolve("words.gguf");
    try (InputStream in =
        new GZIPInputStream(
            Files.newInputStream(GoldenTensors.ROOT.resolve("gguf/words.gguf.gz")))) {
      Files.copy(in, file);
    }
    assertThat(GgufVocabulary.isIn(file)).isTrue();
    T5Tokenizer tokenizer = GgufVocabulary.t5(file);

    TokenizerParityTest.assertWhole("t5", tokenizer);
    TokenizerParityTest.assertFitted("t5", tokenizer);
  }

  @Test
  void filesWithoutOne() {
    assertThat(GgufVocabulary.isIn(GoldenTensors.ROOT.resolve("gguf/types.gguf"))).isFalse();
    assertThat(GgufVocabulary.isIn(GoldenTensors.ROOT.resolve("flux-tiny/model_index.json")))
        .isFalse();
    assertThat(GgufVocabulary.isIn(folder)).isFalse();
  }
}
