package io.lssgen.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.lssgen.tensor.TorchRuntime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** The command {@code generate} on a tiny model of each test's own, and how it shall fail. */
abstract class FailingGeneration {
  @TempDir Path folder;
  Path model;
  Path output;

  @BeforeAll
  static void useOneThread() {
    TorchRuntime.threads(1); // tiny tensors: more threads only wait for each other
  }

  @BeforeEach
  void createModel() throws IOException {
    model = TinyModel.create(folder.resolve("tiny"));
    output = Files.createDirectory(folder.resolve("output"));
  }

  CommandRun generate(Object... more) {
    List<Object> arguments = new ArrayList<>(List.of("generate"));
    arguments.addAll(Arrays.asList(more));
    Map.of("-m", model, "-o", output)
        .forEach(
            (flag, path) -> {
              if (!arguments.contains(flag)) {
                arguments.addAll(List.of(flag, path));
              }
            });
    return CommandRun.of(arguments.toArray());
  }

  void assertFails(int code, CommandRun run, String... parts) throws IOException {
    assertThat(run.err()).matches("lssgen: \\V+\\R").contains(parts);
    assertThat(run.out()).isEmpty();
    assertThat(run.code()).isEqualTo(code);
    try (Stream<Path> left = Files.list(output)) {
      assertThat(left).isEmpty();
    }
  }
}
