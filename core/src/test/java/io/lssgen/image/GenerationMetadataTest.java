package io.lssgen.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.errors.UsageException;
import io.lssgen.files.AtomicFile.IfExists;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GenerationMetadataTest {

  private static Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("Steps", "28");
    settings.put("Sampler", "Euler");
    settings.put("Distilled CFG Scale", "3.5");
    settings.put("Seed", "42");
    settings.put("Size", "1024x768");
    settings.put("LSSGen", "sizes=512,1024; start_sigma=0.75");
    return settings;
  }

  @Test
  void writesTheTextThatOtherToolsRead() {
    assertThat(new GenerationMetadata("a cat,\na dog", "", settings(), Map.of()).toParameters())
        .isEqualTo(
            """
            a cat,
            a dog
            Steps: 28, Sampler: Euler, Distilled CFG Scale: 3.5, Seed: 42, Size: 1024x768, \
            LSSGen: "sizes=512,1024; start_sigma=0.75\"""");
    assertThat(new GenerationMetadata("a cat", "blur", settings(), Map.of()).toParameters())
        .startsWith("a cat\nNegative prompt: blur\nSteps: 28, ");
  }

  @Test
  void readsTheTextThatOtherToolsWrite() {
    GenerationMetadata read =
        GenerationMetadata.parseParameters(
            """
            masterpiece, (a cat:1.2), detailed
            second line
            Negative prompt: lowres, bad
            anatomy
            Steps: 20, Sampler: Euler a, Schedule type: Karras, CFG scale: 7.0, Seed: 965400086, \
            Size: 512x512, Model hash: 45dee52b00, Model: v1-5, Clip skip: 2, \
            Lora hashes: "a: 1, b: \\"2\\"", Version: v1.10.1""");
    assertThat(read.prompt()).isEqualTo("masterpiece, (a cat:1.2), detailed\nsecond line");
    assertThat(read.negativePrompt()).isEqualTo("lowres, bad\nanatomy");
    assertThat(read.settings())
        .containsEntry("Sampler", "Euler a")
        .containsEntry("Schedule type", "Karras")
        .containsEntry("Lora hashes", "a: 1, b: \"2\"")
        .containsEntry("Version", "v1.10.1")
        .hasSize(11);
  }

  @Test
  void aPromptThatLooksLikeAnotherPartIsKeptExactly() {
    for (String prompt :
        List.of("cat\nNegative prompt: dog", " cat ", "Steps: 1, Seed: 2, Size: 3", "a\0b\r\n")) {
      GenerationMetadata metadata = new GenerationMetadata(prompt, "", settings(), Map.of());
      assertThat(GenerationMetadata.parseParameters(metadata.toParameters())).isEqualTo(metadata);
    }
  }

  @Test
  void jsonNamesItsSchema() {
    GenerationMetadata metadata =
        new GenerationMetadata("猫", "ä", settings(), Map.of("java", "17.0.1"));
    assertThat(metadata.toJson())
        .startsWith("{\"schema\":\"lssgen-generation-1\",\"prompt\":\"\\u732B\",");
    assertThat(GenerationMetadata.parseJson(metadata.toJson())).isEqualTo(metadata);
    for (String wrong : List.of("{}", "{\"schema\":\"other\"}", "[", "1", "", "null")) {
      assertThatThrownBy(() -> GenerationMetadata.parseJson(wrong))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining("cannot read");
    }
  }

  @Test
  void refusesNamesThatTheTextCannotHold() {
    for (String name : List.of("", "a", "a:b", "a,b", "a\nb", " ab", "ab ", "Exact prompt")) {
      assertThatThrownBy(() -> new GenerationMetadata("", "", Map.of(name, ""), Map.of()))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void travelsInAPicture(@TempDir Path folder) {
    GenerationMetadata metadata =
        new GenerationMetadata("a 猫", "", settings(), Map.of("flags", "avx2"));
    Path file = folder.resolve("cat.png");
    RgbImage image = new RgbImage(2, 1, new byte[] {0, 1, 2, (byte) 255, 4, 5});
    PngWriter.write(file, image, metadata.toPngTexts(), IfExists.REFUSE);
    assertThat(GenerationMetadata.read(file)).contains(metadata);

    PngText foreign = PngText.of("parameters", metadata.toParameters());
    PngWriter.write(file, image, List.of(foreign), IfExists.REPLACE);
    assertThat(GenerationMetadata.read(file).orElseThrow().prompt()).isEqualTo("a 猫");

    PngWriter.write(file, image, List.of(), IfExists.REPLACE);
    assertThat(GenerationMetadata.read(file)).isEmpty();
  }
}
