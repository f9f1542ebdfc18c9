package io.lssgen.model;

import io.lssgen.errors.ModelException;
import io.lssgen.text.SentencePieces;
import io.lssgen.text.T5Tokenizer;
import io.lssgen.text.Tokenizers;
import io.lssgen.weights.GgufFile;
import java.nio.file.Path;
import java.util.List;

/** The vocabulary that llama.cpp's converter stores in a text encoder's GGUF file. */
final class GgufVocabulary {
  private static final String FACTS = "tokenizer.ggml.";
  private static final String MODEL = FACTS + "model";
  private static final String TOKENS = FACTS + "tokens";
  private static final String SCORES = FACTS + "scores";
  private static final String TYPES = FACTS + "token_type";
  private static final String CHARS_MAP = FACTS + "precompiled_charsmap";

  private GgufVocabulary() {}

  /** Whether {@code file} is a GGUF file with T5's kind of vocabulary. */
  static boolean isIn(Path file) {
    if (!GgufFile.isGguf(file)) {
      return false;
    }
    try (GgufFile gguf = GgufFile.open(file)) {
      return "t5".equals(gguf.metadata().get(MODEL)) && gguf.hasList(TOKENS);
    }
  }

  /**
   * Makes the tokenizer.
   *
   * @throws ModelException if the vocabulary is damaged
   */
  static T5Tokenizer t5(Path file) {
    try (GgufFile gguf = GgufFile.open(file)) {
      List<String> tokens = gguf.texts(TOKENS);
      List<Number> scores = gguf.numbers(SCORES);
      List<Number> types = gguf.numbers(TYPES);
      if (scores.size() != tokens.size() || types.size() != tokens.size()) {
        throw new ModelException(
            "cannot read %s: wanted a score and a type for each of %d tokens, found %d and %d"
                .formatted(file, tokens.size(), scores.size(), types.size()));
      }
      SentencePieces pieces = new SentencePieces();
      for (int i = 0; i < tokens.size(); i++) {
        pieces.add(tokens.get(i), scores.get(i).doubleValue(), types.get(i).intValue());
      }
      if (gguf.hasList(CHARS_MAP)) {
        pieces.charsMap(gguf.bytes(CHARS_MAP));
      }
      return Tokenizers.t5(pieces, file.toString());
    }
  }
}
