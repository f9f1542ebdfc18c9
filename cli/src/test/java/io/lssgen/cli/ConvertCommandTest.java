package io.lssgen.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.lssgen.tensor.DType;
import io.lssgen.tensor.TensorScope;
import io.lssgen.weights.Checkpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConvertCommandTest {
  @TempDir Path folder;

  private Path model() {
    return TinyModel.create(folder.resolve("model"));
  }

  private static void assertRefused(CommandRun run, int code, String part) {
    assertThat(run.err()).matches("lssgen: \\V*\\R").contains(part);
    assertThat(run.code()).isEqualTo(code);
  }

  @Test
  void theCopyIsAModelOfTheOtherType() {
    Path copy = folder.resolve("new/copy");
    CommandRun run = CommandRun.of("convert", model(), copy, "--dtype", "bf16");

    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isEqualTo(ExitCode.OK);
    try (TensorScope scope = TensorScope.open();
        Checkpoint weights = Checkpoint.open(copy.resolve("transformer"))) {
      assertThat(weights.names())
          .allSatisfy(name -> assertThat(weights.tensor(name).dtype()).isEqualTo(DType.BF16));
      assertThat(scope).isNotNull();
    }
    assertThat(CommandRun.of("inspect", copy).out()).contains("FLUX.1", "BF16");
  }

  @Test
  void aSourceThatIsMissingIsAMissingModel() {
    Path none = folder.resolve("none");
    CommandRun run = CommandRun.of("convert", none, folder.resolve("copy"), "--dtype", "bf16");

    assertRefused(run, ExitCode.MODEL, none.toString());
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void aFailureLeavesNothing() throws IOException {
    Path model = model();
    Files.writeString(model.resolve("vae/diffusion_pytorch_model.safetensors"), "x");
    CommandRun run = CommandRun.of("convert", model, folder.resolve("copy"), "--dtype", "fp16");

    assertRefused(run, ExitCode.MODEL, "vae");
    assertThat(folder).isDirectoryNotContaining(file -> !file.equals(model));
  }

  @Test
  void aFolderWithFilesIsNotTouched() throws IOException {
    Path copy = Files.createDirectories(folder.resolve("copy"));
    Files.writeString(copy.resolve("notes.txt"), "mine");
    CommandRun run = CommandRun.of("convert", model(), copy, "--dtype", "bf16");

    assertRefused(run, ExitCode.USAGE, "not empty");
    assertThat(copy.resolve("notes.txt")).hasContent("mine");
  }

  @ParameterizedTest
  @ValueSource(strings = {"fp64", "int64", "bool", "q4"})
  void onlyTypesThatModelsComeInAreWritten(String type) {
    CommandRun run = CommandRun.of("convert", model(), folder.resolve("copy"), "--dtype", type);

    assertRefused(run, ExitCode.USAGE, type);
    assertThat(folder.resolve("copy")).doesNotExist();
  }
}
