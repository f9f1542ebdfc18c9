package io.lssgen.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.lssgen.text.SentencePieces;
import io.lssgen.text.T5Tokenizer;
import io.lssgen.text.TokenizerParityTest;
import io.lssgen.text.Tokenizers;
import io.lssgen.weights.GgufFile;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A vocabulary as llama.cpp's converter stores it gives transformers' ids (gguf_files.py); exact.
 */
class GgufVocabularyParityTest {
  @TempDir private Path folder;

  private Path unpacked() throws Exception {
    Path file = folder.resolve("words.gguf");
    try (InputStream in =
        new GZIPInputStream(
            Files.newInputStream(GoldenTensors.ROOT.resolve("gguf/words.gguf.gz")))) {
      Files.copy(in, file);
    }
    return file;
  }

  @Test
  void idsOfTransformers() throws Exception {
    Path file = unpacked();
    assertThat(GgufVocabulary.isIn(file)).isTrue();
    T5Tokenizer tokenizer = GgufVocabulary.t5(file);

    TokenizerParityTest.assertWhole("t5", tokenizer);
    TokenizerParityTest.assertFitted("t5", tokenizer);
  }

  @Test
  void aNormalizationThatPointsNowhere() throws Exception {
    byte[] damaged = charsMap();
    for (int at = 4; at + 4 <= damaged.length; at += 4) {
      if (damaged[at + 3] < 0) { // a leaf, or text of replacements, which may be any
        Arrays.fill(damaged, at, at + 4, (byte) -1);
      }
    }
    SentencePieces pieces = new SentencePieces();
    pieces.add("<pad>", 0, 3);
    pieces.add("</s>", 0, 3);
    pieces.add("<unk>", 0, 2);
    pieces.charsMap(damaged);

    assertThat(Tokenizers.t5(pieces, "test").encode("\ufb01ne \u2460 Ａ").ids()).isNotEmpty();
  }

  private byte[] charsMap() throws Exception {
    try (GgufFile file = GgufFile.open(unpacked())) {
      return file.bytes("tokenizer.ggml.precompiled_charsmap");
    }
  }

  @Test
  void filesWithoutOne() {
    assertThat(GgufVocabulary.isIn(GoldenTensors.ROOT.resolve("gguf/types.gguf"))).isFalse();
    assertThat(GgufVocabulary.isIn(GoldenTensors.ROOT.resolve("flux-tiny/model_index.json")))
        .isFalse();
    assertThat(GgufVocabulary.isIn(folder)).isFalse();
  }
}
