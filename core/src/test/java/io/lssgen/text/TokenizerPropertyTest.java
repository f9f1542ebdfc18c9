package io.lssgen.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.StringLength;

class TokenizerPropertyTest {
  private static final Tokenizer CLIP =
      BpeTrainer.train(OwnVocabularies.captions(), 700).tokenizer();
  private static final Tokenizer T5 =
      UnigramVocabulary.of(OwnVocabularies.captions(), 60).tokenizer();

  @Property(tries = 300)
  void anyTextHasIdsWithinTheVocabulary(@ForAll @StringLength(max = 60) String text) {
    for (Tokenizer tokenizer : new Tokenizer[] {CLIP, T5}) {
      Encoding encoding = tokenizer.encode(text);
      assertThat(Arrays.stream(encoding.ids()).max().orElseThrow())
          .isLessThan(tokenizer.vocabularySize());
      assertThat(Arrays.stream(encoding.ids()).min().orElseThrow()).isNotNegative();
      assertThat(encoding.ids()).endsWith(tokenizer.endId());
      assertThat(encoding.length()).isEqualTo(encoding.ids().length);
    }
  }

  @Property(tries = 300)
  void noCharacterIsUnknownWithBytes(@ForAll @StringLength(max = 60) String text) {
    assertThat(T5.encode(text.replace("<unk>", "")).ids()).doesNotContain(2);
  }

  @Property(tries = 300)
  void cuttingKeepsTheHeadAndThePaddingIsMarked(
      @ForAll @StringLength(max = 60) String text,
      @ForAll @IntRange(min = 2, max = 80) int length) {
    for (Tokenizer tokenizer : new Tokenizer[] {CLIP, T5}) {
      long[] whole = tokenizer.encode(text).ids();
      Encoding fitted = tokenizer.encode(text, length);
      int kept = fitted.length() - 1;

      assertThat(fitted.ids()).hasSize(length);
      assertThat(Arrays.copyOf(fitted.ids(), kept)).isEqualTo(Arrays.copyOf(whole, kept));
      assertThat(fitted.ids()[kept]).isEqualTo(tokenizer.endId());
      assertThat(fitted.length()).isEqualTo(Math.min(length, whole.length));
      for (int i = fitted.length(); i < length; i++) {
        assertThat(fitted.ids()[i]).isEqualTo(tokenizer.padId());
        assertThat(fitted.attentionMask()[i]).isZero();
      }
    }
  }

  @Property(tries = 300)
  void byteSymbolsGiveTheTextBack(@ForAll @StringLength(max = 60) String text) {
    String valid = new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
    assertThat(ByteSymbols.decode(ByteSymbols.encode(valid))).isEqualTo(valid);
  }

  @Property(tries = 50)
  void everyRuleOfABuiltTableIsFound(
      @ForAll @Size(max = 200) Map<Character, @StringLength(max = 5) String> wanted) {
    Map<String, String> rules = new TreeMap<>();
    wanted.forEach(
        (key, value) -> {
          if (key != 0 && !Character.isSurrogate(key) && value.chars().noneMatch(c -> c == 0)) {
            rules.put(key.toString(), Normalizer.normalize(value, Normalizer.Form.NFC));
          }
        });
    rules.values().removeIf(value -> value.codePoints().anyMatch(c -> c >= 0xD800 && c < 0xE000));
    PrecompiledCharsMap table = new PrecompiledCharsMap(CharsMapBuilder.build(rules), "test");
    rules.forEach((key, value) -> assertThat(table.normalize(key)).isEqualTo(value));
    for (char c = 1; c < 0x800; c++) {
      String text = String.valueOf(c);
      assertThat(table.normalize(text)).isEqualTo(rules.getOrDefault(text, text));
    }
  }
}
