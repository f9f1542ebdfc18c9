package io.lssgen.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelFolderTest {
  @TempDir Path root;

  private static Consumer<Path> writes(String name, String content) {
    return folder -> {
      try {
        Files.createDirectories(folder.resolve("part"));
        Files.writeString(folder.resolve("part").resolve(name), content);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    };
  }

  private void assertOnly(String name, String content) throws IOException {
    assertThat(root).isDirectoryNotContaining("glob:**/.*");
    assertThat(root.resolve("model/part")).isDirectoryContaining("glob:**/" + name);
    try (var files = Files.list(root.resolve("model/part"))) {
      assertThat(files).hasSize(1);
    }
    assertThat(root.resolve("model/part").resolve(name)).hasContent(content);
  }

  @Test
  void theNewFolderHoldsNothingOfTheOld() throws IOException {
    ModelFolder.replace(root.resolve("model"), writes("a", "1"));
    assertOnly("a", "1");
    ModelFolder.replace(root.resolve("model"), writes("b", "2"));
    assertOnly("b", "2");
  }

  @Test
  void aFailureLeavesTheOldOne() throws IOException {
    ModelFolder.replace(root.resolve("model"), writes("a", "1"));
    Consumer<Path> failing =
        writes("a", "half")
            .andThen(
                folder -> {
                  throw new IllegalStateException("in between");
                });
    assertThatThrownBy(() -> ModelFolder.replace(root.resolve("model"), failing))
        .hasMessage("in between");
    assertOnly("a", "1");
  }

  @Test
  void aDeathBetweenTheTwoMovesIsMadeGood() throws IOException {
    ModelFolder.replace(root.resolve("model"), writes("a", "1"));
    Files.move(root.resolve("model"), root.resolve(".model.previous"));
    Files.createDirectories(root.resolve(".model.new"));
    assertThatThrownBy(
            () ->
                ModelFolder.replace(
                    root.resolve("model"),
                    folder -> {
                      throw new IllegalStateException("again");
                    }))
        .hasMessage("again");
    assertOnly("a", "1");
  }

  @Test
  void whatIsLeftAfterBothMovesIsRemoved() throws IOException {
    ModelFolder.replace(root.resolve("model"), writes("b", "2"));
    writes("a", "1").accept(root.resolve(".model.previous"));
    ModelFolder.replace(root.resolve("model"), writes("c", "3"));
    assertOnly("c", "3");
  }
}
