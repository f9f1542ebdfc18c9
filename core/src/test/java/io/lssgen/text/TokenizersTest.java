package io.lssgen.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lssgen.errors.ModelException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenizersTest {
  @TempDir private Path temporary;

  @Test
  void missingFilesAreNamed() {
    assertThatThrownBy(() -> Tokenizers.clip(temporary))
        .isInstanceOf(ModelException.class)
        .hasMessageContainingAll(temporary.toString(), "vocab.json", "merges.txt");
    assertThatThrownBy(() -> Tokenizers.t5(temporary))
        .isInstanceOf(ModelException.class)
        .hasMessageContainingAll(temporary.toString(), "tokenizer.json", "spiece.model");
    assertThatThrownBy(() -> Tokenizers.t5(temporary.resolve("none")))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("does not exist");
  }

  @Test
  void pointersInsteadOfFilesAreToldAsSuch() throws Exception {
    Files.writeString(
        temporary.resolve("spiece.model"), "version https://git-lfs.github.com/spec/v1\n");
    assertThatThrownBy(() -> Tokenizers.t5(temporary))
        .isInstanceOf(ModelException.class)
        .hasMessageContainingAll("spiece.model", "Git LFS pointer");
  }

  @Test
  void damagedVocabulariesAreRefused() throws Exception {
    Path folder = GoldenTokenizers.folder("clip", temporary);
    Path vocabulary = folder.resolve("vocab.json");
    Files.writeString(vocabulary, "{\"a\": 0, \"b\": 2000000000}");
    assertThatThrownBy(() -> Tokenizers.clip(folder))
        .isInstanceOf(ModelException.class)
        .hasMessageContainingAll("vocab.json", "'b'", "2000000000");
    Files.writeString(vocabulary, "{\"<|startoftext|>\": 0, \"<|endoftext|>\": 1}");
    assertThatThrownBy(() -> Tokenizers.clip(folder))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("merge");
    Files.writeString(vocabulary, "{\"a\": ");
    assertThatThrownBy(() -> Tokenizers.clip(folder))
        .isInstanceOf(ModelException.class)
        .hasMessageContainingAll("vocab.json", "not JSON");
  }

  @Test
  void everyCutOfASentencePieceFileIsRefusedOrReadWithoutAnyOtherFailure() throws Exception {
    Path file = GoldenTokenizers.folder("t5", temporary).resolve("spiece.model");
    byte[] whole = Files.readAllBytes(file);
    for (int length = 0; length < whole.length; length += 1 + length / 50) {
      Files.write(file, Arrays.copyOf(whole, length));
      try {
        Tokenizers.t5(file.getParent()).encode("a red apple");
      } catch (ModelException e) {
        assertThat(e).hasMessageContaining("spiece.model");
      }
    }
  }

  @Test
  void aPatternThatIsNoneIsRefused() throws Exception {
    Path file = GoldenTokenizers.folder("t5-json", temporary).resolve("tokenizer.json");
    ObjectMapper json = new ObjectMapper();
    ObjectNode root = (ObjectNode) json.readTree(file.toFile());
    root.putObject("normalizer")
        .put("type", "Replace")
        .put("content", " ")
        .putObject("pattern")
        .put("Regex", "(a");
    json.writeValue(file.toFile(), root);
    assertThatThrownBy(() -> Tokenizers.t5(file.getParent()))
        .isInstanceOf(ModelException.class)
        .hasMessageContainingAll("tokenizer.json", "'(a' is no regular expression")
        .message()
        .doesNotContain("\n");
  }

  @Test
  void theWrongKindOfTokenizerIsNamed() throws Exception {
    assertThatThrownBy(() -> Tokenizers.t5(GoldenTokenizers.folder("clip-json", temporary)))
        .isInstanceOf(ModelException.class)
        .hasMessageContainingAll("BPE", "Unigram");
    assertThatThrownBy(() -> Tokenizers.clip(GoldenTokenizers.folder("t5-json", temporary)))
        .isInstanceOf(ModelException.class)
        .hasMessageContainingAll("Unigram", "BPE");
  }

  @Test
  void whatDoesNotFitIsReported() throws Exception {
    Tokenizer clip = Tokenizers.clip(GoldenTokenizers.folder("clip", temporary));
    Tokenizer t5 = Tokenizers.t5(GoldenTokenizers.folder("t5", temporary));
    String prompt = "a red apple left of a blue book on a Yellow background";
    int clipLength = clip.encode("a red apple left of a blue book").length();
    int t5Length = t5.encode("a red apple left of a blue book").length();

    assertThat(clip.encode(prompt, clipLength).truncatedText()).isEqualTo("on a yellow background");
    assertThat(t5.encode(prompt, t5Length).truncatedText()).isEqualTo("on a Yellow background");
    assertThat(clip.encode(prompt, 77).truncatedText()).isEmpty();
    assertThat(clip.encode("🍎 🍎", 3).truncatedText()).endsWith("🍎");
  }

  @Test
  void aLengthWithoutRoomForTheMarksIsRefused() throws Exception {
    Tokenizer clip = Tokenizers.clip(GoldenTokenizers.folder("clip", temporary));
    assertThat(clip.encode("apple", 2).ids()).hasSize(2);
    assertThatThrownBy(() -> clip.encode("apple", 1)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void wordsOutsideTheVocabularyAreNamed() {
    T5Tokenizer tokenizer = UnigramVocabulary.of(OwnVocabularies.captions(), 200).tokenizer();
    assertThat(tokenizer.unknownWords("A red Dog, a blue apple & two cats!")).isEmpty();
    assertThat(tokenizer.unknownWords("a zebra on a red dogma, ZEBRA 🍎 (apple)"))
        .containsExactly("zebra", "dogma", "🍎");
  }

  @Test
  void wordsWithSymbolsOutsideTheVocabularyAreNamed() throws Exception {
    Path folder = GoldenTokenizers.folder("clip", temporary);
    String prompt = "a red 🍎 and a 🍎 , Crème";
    assertThat(Tokenizers.clip(folder).unknownWords(prompt)).isEmpty();

    ObjectMapper json = new ObjectMapper();
    ObjectNode vocabulary = (ObjectNode) json.readTree(folder.resolve("vocab.json").toFile());
    vocabulary.remove("ð"); // stands for the first byte of an emoji
    json.writeValue(folder.resolve("vocab.json").toFile(), vocabulary);
    assertThat(Tokenizers.clip(folder).unknownWords(prompt)).containsExactly("🍎");
  }
}
