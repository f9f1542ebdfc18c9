package io.lssgen.lora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.errors.UsageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How prompts and options name LoRAs and their weights. */
class LoraNamesTest {
  @TempDir Path folder;

  @Test
  void unknownNamesListWhatIsThere() throws IOException {
    LoraFolder empty = new LoraFolder(folder);
    assertThatThrownBy(() -> empty.file("film"))
        .isInstanceOf(UsageException.class)
        .hasMessageContainingAll("'film'", "found no file");

    Path film = Files.writeString(folder.resolve("film.safetensors"), "");
    Files.writeString(folder.resolve("ink.safetensors"), "");
    Files.writeString(folder.resolve("notes.txt"), "");
    assertThat(empty.file("film")).isEqualTo(film);
    assertThat(empty.file("film.safetensors")).isEqualTo(film);
    for (String name : List.of("films", "../film", folder + "/film", "notes.txt", "")) {
      assertThatThrownBy(() -> empty.file(name))
          .isInstanceOf(UsageException.class)
          .hasMessageEndingWith("found film, ink");
    }
    LoraFolder missing = new LoraFolder(folder.resolve("nowhere"));
    assertThatThrownBy(() -> missing.file("film"))
        .isInstanceOf(UsageException.class)
        .hasMessageContainingAll("nowhere", "--lora-dir");
  }

  @Test
  void lorasComeOutOfPrompts() throws IOException {
    Files.writeString(folder.resolve("film.safetensors"), "");
    PromptLoras two = PromptLoras.of("a cat <lora:film:0.8>, red<lora:film><lora:film:-2> ");

    assertThat(two.text()).isEqualTo("a cat , red");
    assertThat(two.in(Optional.of(new LoraFolder(folder))))
        .extracting(Lora::weight)
        .containsExactly(0.8, 1.0, -2.0);
    assertThat(PromptLoras.of(" a < b <lore:x> (c:1.2) ").text())
        .isEqualTo(" a < b <lore:x> (c:1.2) ");
    assertThatThrownBy(() -> two.in(Optional.empty()))
        .isInstanceOf(UsageException.class)
        .hasMessageContainingAll("'film'", "--lora-dir");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"<lora:>", "<lora: :1>", "<lora:film:much>", "<lora:film:>", "<lora:film:1:2>"})
  void badTags(String tag) {
    assertThatThrownBy(() -> PromptLoras.of("a cat " + tag))
        .isInstanceOf(UsageException.class)
        .hasMessageContainingAll("<lora:name:0.8>", tag);
  }

  @Test
  void filesWithWeights() {
    assertThat(Lora.parse("a/film.safetensors:0.8"))
        .isEqualTo(new Lora(Path.of("a/film.safetensors"), 0.8));
    assertThat(Lora.parse("film:-1")).isEqualTo(new Lora(Path.of("film"), -1));
    assertThat(Lora.parse("a:b/film")).isEqualTo(new Lora(Path.of("a:b/film"), 1));
    assertThat(Lora.parse("a/film.safetensors").name()).isEqualTo("film");
    assertThatThrownBy(() -> Lora.parse("film:NaN"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("finite");
  }
}
