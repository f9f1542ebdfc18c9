package io.lssgen.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TrainCommandTest {
  @TempDir Path folder;

  private CommandRun train(String yaml, Object... more) throws IOException {
    Path config = Files.writeString(folder.resolve("run.yaml"), yaml);
    Object[] arguments = new Object[4 + more.length];
    System.arraycopy(new Object[] {"train", "autoencoder", "--config", config}, 0, arguments, 0, 4);
    System.arraycopy(more, 0, arguments, 4, more.length);
    return CommandRun.of(arguments);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "-1"})
  void noThreadsIsAUsageError(String threads) throws IOException {
    CommandRun run = train("", "--threads", threads);

    assertThat(run.err())
        .matches("lssgen: threads must be from 1 to 1024, found " + threads + "\\R");
    assertThat(run.code()).isEqualTo(ExitCode.USAGE);
  }

  @Test
  void aConfigurationThatIsNoYamlIsToldOfInOneLine() throws IOException {
    CommandRun run = train("run: {folder: x\noptimizer: [\n");

    assertThat(run.err()).matches("lssgen: \\P{Cc}+\\R").contains("run.yaml is no valid YAML");
    assertThat(run.code()).isEqualTo(ExitCode.USAGE);
  }

  @Test
  void aConfigurationThatIsNotThereIsToldOfWithWhatToDo() {
    Path config = folder.resolve("none.yaml");
    CommandRun run = CommandRun.of("train", "upsampler", "--config", config);

    assertThat(run.err())
        .isEqualToNormalizingNewlines(
            "lssgen: %s: there is no such file; name a run's YAML file, such as those in configs/\n"
                .formatted(config));
    assertThat(run.code()).isEqualTo(ExitCode.USAGE);
  }

  @Test
  void progressGoesToTheCommandsOwnStream() throws IOException {
    CommandRun run =
        train(
            """
            run: {folder: %s, log_every: 1, sample_every: 100}
            optimizer: {learning_rate: 1.0e-3, steps: 2, warmup: 0}
            data: {kind: emoji-scenes, artwork: %s}
            training: {side: 16, batch: 1, dtype: fp32}
            autoencoder:
              latent_channels: 4
              block_out_channels: [4, 4]
              norm_num_groups: 2
              mid_block_add_attention: false
            """
                .formatted(folder.resolve("run"), TinyArtwork.create(folder.resolve("art"))));

    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isEqualTo(ExitCode.OK);
    assertThat(run.out()).containsPattern("(?m)^step 1/2 .*$").containsPattern("(?m)^step 2/2 .*$");
  }
}
