package io.lssgen.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Whatever people type comes back, in both forms and through the chunks of a PNG file. */
class GenerationMetadataPropertyTest {

  /** Pieces that mean something in one of the formats, and any other characters. */
  @Provide
  Arbitrary<String> hostile() {
    Arbitrary<String> piece =
        Arbitraries.of(
            "\n",
            "\r\n",
            "Negative prompt:",
            "Steps: 20",
            ", ",
            ": ",
            "\"",
            "\\",
            "\\\"",
            "\0",
            "Exact prompt: \"x\"",
            "Exact negative prompt: ",
            "Seed: 1, Size: 2x2, Model: m",
            " ",
            "\u00a0",
            "\u2028",
            "\u0085",
            "\u007f",
            "\ud83d\ude00",
            "\ud83d",
            "\ude00",
            "猫",
            "é",
            "{",
            "}");
    return Arbitraries.oneOf(piece, Arbitraries.strings().ofMaxLength(6))
        .list()
        .ofMaxSize(8)
        .map(pieces -> String.join("", pieces));
  }

  @Provide
  Arbitrary<Map<String, String>> settings() {
    Arbitrary<String> names =
        Arbitraries.oneOf(
            Arbitraries.of("Steps", "Seed", "Size", "CFG scale", "LSSGen", "größe", "a/b-c_d"),
            Arbitraries.strings().alpha().numeric().ofMinLength(2).ofMaxLength(20));
    return Arbitraries.maps(names, hostile()).ofMaxSize(6).map(LinkedHashMap::new);
  }

  @Property
  void parametersRoundTrip(
      @ForAll("hostile") String prompt,
      @ForAll("hostile") String negative,
      @ForAll("settings") Map<String, String> settings)
      throws Exception {
    GenerationMetadata metadata = new GenerationMetadata(prompt, negative, settings, Map.of());
    PngText chunk = PngText.of(GenerationMetadata.PARAMETERS_KEYWORD, metadata.toParameters());
    byte[] bytes = PngChunks.encode(chunk);
    byte[] data = Arrays.copyOfRange(bytes, 8, bytes.length - 4);
    PngText read = PngChunks.decode(chunk.international() ? "iTXt" : "tEXt", data).orElseThrow();

    assertThat(read).isEqualTo(chunk);
    GenerationMetadata back = GenerationMetadata.parseParameters(read.text());
    assertThat(back).isEqualTo(metadata);
    assertThat(back.settings().keySet()).containsExactlyElementsOf(settings.keySet());
  }

  @Property
  void jsonRoundTrips(
      @ForAll("hostile") String prompt,
      @ForAll("hostile") String negative,
      @ForAll("settings") Map<String, String> settings,
      @ForAll("settings") Map<String, String> environment) {
    GenerationMetadata metadata = new GenerationMetadata(prompt, negative, settings, environment);
    String json = metadata.toJson();
    assertThat(json).matches("[ -~]*");
    assertThat(GenerationMetadata.parseJson(json)).isEqualTo(metadata);
  }

  @Property
  void anyTextCanBeRead(@ForAll("hostile") String text) {
    GenerationMetadata once = GenerationMetadata.parseParameters(text);
    assertThat(GenerationMetadata.parseParameters(once.toParameters())).isEqualTo(once);
  }
}
