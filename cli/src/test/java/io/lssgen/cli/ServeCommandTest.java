package io.lssgen.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServeCommandTest {
  @TempDir Path folder;

  private CommandRun serve(Object... more) {
    Object[] arguments = new Object[more.length + 5];
    arguments[0] = "serve";
    arguments[1] = "--data";
    arguments[2] = folder.resolve("data");
    arguments[3] = "--port";
    arguments[4] = "0";
    System.arraycopy(more, 0, arguments, 5, more.length);
    return CommandRun.of(arguments);
  }

  @Test
  void otherMachinesWantKey() {
    CommandRun run = serve("--host", "0.0.0.0", "--model", folder);

    assertThat(run.code()).isEqualTo(ExitCode.USAGE);
    assertThat(run.err()).contains("without an API key").hasLineCount(1);
  }

  @Test
  void weakKeysAndKeysGivenTwiceAreRefused() throws IOException {
    Path key = Files.writeString(folder.resolve("key"), "short\n");

    assertThat(serve("--model", folder, "--api-key-file", key).err()).contains("16 characters");
    assertThat(serve("--model", folder, "--api-key-file", key, "--api-key", "x").code())
        .isEqualTo(ExitCode.USAGE);
    assertThat(serve("--model", folder, "--api-key-file", folder.resolve("none")).code())
        .isEqualTo(ExitCode.USAGE);
  }

  @Test
  void partsAreForOneModel() throws IOException {
    CommandRun run =
        serve("--model", folder, "--model", folder.resolve("other"), "--upsampler", folder);

    assertThat(run.code()).isEqualTo(ExitCode.USAGE);
    assertThat(run.err()).contains("for one model, found 2").hasLineCount(1);
  }

  @Test
  void modelsAreLoadedAsWasAskedFor() {
    assertThat(serve("--component-dtype", "brain=fp32").err())
        .contains("one of text_encoder", "found 'brain'");
    assertThat(serve("--variant", "fp16").err()).contains("fp16");
    assertThat(serve("--lora-dir", folder.resolve("none")).err()).contains("none", "--lora-dir");
  }

  @Test
  void missingAndDamagedModelsEndTheCommand() throws IOException {
    assertThat(serve("--model", folder.resolve("none")).code()).isEqualTo(ExitCode.MODEL);
    Path empty = Files.createDirectory(folder.resolve("empty"));
    assertThat(serve("--model", empty).code()).isEqualTo(ExitCode.MODEL);
  }
}
