package io.lssgen.cli;

import io.lssgen.tensor.TorchRuntime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/**
 * The command {@code generate} on a tiny model that a class's tests share, with a folder for each.
 */
abstract class TinyGeneration {
  static final String PROMPT = "a red apple";

  @TempDir static Path models;
  static Path model;

  @TempDir Path folder;
  Path picture;

  @BeforeAll
  static void createModel() {
    TorchRuntime.threads(1); // tiny tensors: more threads only wait for each other
    model = TinyModel.create(models.resolve("tiny"));
  }

  @BeforeEach
  void namePicture() {
    picture = folder.resolve("apple.png");
  }

  static CommandRun generate(Object... more) {
    List<Object> arguments = new ArrayList<>(List.of("generate", "-m", model));
    arguments.addAll(Arrays.asList(more));
    return CommandRun.of(arguments.toArray());
  }

  /** Names of what the test's folder holds. */
  List<String> files() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }
}
