package io.lssgen.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.errors.ModelException;
import io.lssgen.sampling.StageOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelDefaultsTest {
  private static final ModelDefaults FAMILY =
      new ModelDefaults(
          "tiny",
          28,
          OptionalDouble.of(3.5),
          Optional.empty(),
          1,
          1024,
          1024,
          StageOptions.flux(),
          Set.of());

  @TempDir Path folder;

  private ModelDefaults overridden(String json) throws IOException {
    Files.writeString(folder.resolve(ModelDefaults.FILE), json);
    return FAMILY.overriddenBy(folder);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "start_sigma | 2 | found 2.0",
        "start_sigma | 0 | found 0.0",
        "cfg_scale | 0.5 | found 0.5",
        "cfg_scale | 1e999 | found Infinity",
        "guidance | -1 | found -1.0",
        "guidance_range | [5, 1] | found 5.0 to 1.0",
        "guidance_range | [1] | wants two scales, found [1.0]",
        "guidance_range | [1, 1e999] | found 1.0 to Infinity",
        "guidance_range | 5 | a list of numbers",
        "steps | 0 | found 0",
        "min_size | -5 | found -5",
        "width | \"wide\" | width",
        "shorten | 1 | shorten",
        "vocabulary | \"red\" | found \"red\"",
        "vocabulary | [\"red\", 1] | found 1",
      })
  void aWrongValueIsTheFilesFault(String name, String value, String part) {
    assertThatThrownBy(() -> overridden("{\"%s\": %s}".formatted(name, value)))
        .isInstanceOf(ModelException.class)
        .hasMessageStartingWith(folder.resolve(ModelDefaults.FILE).toString())
        .hasMessageContaining(part);
  }

  @Test
  void whatTheFileDoesNotNameStays() throws IOException {
    ModelDefaults changed =
        overridden(
            """
            {"cfg_scale": 4, "start_sigma": 0.6, "vocabulary": ["Red"], "guidance_range": [1, 5]}
            """);

    assertThat(changed)
        .isEqualTo(
            new ModelDefaults(
                "tiny",
                28,
                OptionalDouble.of(3.5),
                Optional.of(new GuidanceRange(1, 5)),
                4,
                1024,
                1024,
                StageOptions.flux().withStartSigma(0.6),
                Set.of("red")));
  }

  @Test
  void emojiFluxKnowsWhatItWasDistilledFor() {
    Path shipped = Path.of("../models/src/main/resources/io/lssgen/models/emoji-flux");
    assertThat(FAMILY.overriddenBy(shipped).guidanceRange()).contains(new GuidanceRange(1, 5));
  }

  @Test
  void aModelsOwnLoraIsAFileOfItsFolder() throws IOException {
    Path file = folder.resolve("own.safetensors");
    Files.createFile(file);
    Files.writeString(folder.resolve(ModelDefaults.FILE), "{\"lora\": \"own.safetensors\"}");
    assertThat(ModelDefaults.lora(folder)).contains(file);

    Files.writeString(folder.resolve(ModelDefaults.FILE), "{}");
    assertThat(ModelDefaults.lora(folder)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "none.safetensors, which is not there",
    "../other.safetensors, in the same folder",
    "'', in the same folder"
  })
  void anotherPlaceForItIsTheFilesFault(String name, String part) throws IOException {
    Files.writeString(folder.resolve(ModelDefaults.FILE), "{\"lora\": \"%s\"}".formatted(name));
    assertThatThrownBy(() -> ModelDefaults.lora(folder))
        .isInstanceOf(ModelException.class)
        .hasMessageStartingWith(folder.resolve(ModelDefaults.FILE).toString())
        .hasMessageContaining(part);
  }
}
