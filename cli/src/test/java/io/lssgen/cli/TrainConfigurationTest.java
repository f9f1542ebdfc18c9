package io.lssgen.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is wrong in a training configuration is told in one line, and is the user's mistake. */
class TrainConfigurationTest {
  private static final String COMMON =
      """
      run: {folder: ROOT/run, seed: 3}
      optimizer: {learning_rate: 1.0e-3, steps: 1}
      data: {kind: emoji-scenes, artwork: ROOT/artwork}
      """;

  private static final Map<String, String> VALID =
      Map.of(
          "autoencoder",
          COMMON
              + """
              training: {side: 16, batch: 2, divergence: 1.0e-5, dtype: fp32}
              autoencoder: {latent_channels: 4, block_out_channels: [4, 4], norm_num_groups: 2}
              """,
          "upsampler",
          COMMON + "training: {autoencoder: ROOT/vae, side: 16, batch: 2, dtype: fp32}\n",
          "detector",
          COMMON
              + """
              training: {batch: 2, dtype: fp32}
              detector: {side: 64, channels: [8, 16], blocks: [0, 1], norm_num_groups: 8}
              """);

  @TempDir Path folder;

  private CommandRun train(String kind, String yaml) throws IOException {
    Path file =
        Files.writeString(folder.resolve("run.yaml"), yaml.replace("ROOT", folder.toString()));
    return CommandRun.of("train", kind, "--config", file);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "autoencoder | batch: 2 | batch: 0 | an integer of at least 1, found 0",
        "autoencoder | batch: 2 | batch: two | 'wants an integer, found \"two\"'",
        "autoencoder | side: 16, | '' | field 'side' is missing",
        "autoencoder | side: 16 | side: -16 | an integer of at least 1, found -16",
        "autoencoder | dtype: fp32 | dtype: int64 | dtype wants fp32, bf16, fp16 or auto, found int64",
        "autoencoder | dtype: fp32 | decoder_of: none | unknown 'autoencoder'",
        "autoencoder | latent_channels | latent_chanels | unknown 'latent_chanels'",
        "autoencoder | norm_num_groups: 2 | norm_num_groups: 3 | does not divide",
        "autoencoder | steps: 1 | steps: 0 | steps >= 1",
        "autoencoder | emoji-scenes | photographs | kind wants emoji-scenes",
        "upsampler | batch: 2 | batch: 0 | an integer of at least 1, found 0",
        "detector | dtype: fp32 | dtype: fp31 | unknown dtype 'fp31'",
        "detector | dtype: fp32 | dtype: bool | dtype wants fp32, bf16, fp16 or auto, found bool",
        "detector | side: 64 | side: 65 | side must be a multiple",
        "detector | batch: 2 | batch: 0.5 | an integer"
      })
  void isAUsageError(String kind, String now, String then, String message) throws IOException {
    assertThat(VALID.get(kind)).contains(now);
    CommandRun run = train(kind, VALID.get(kind).replace(now, then));

    assertThat(run.err()).matches("lssgen: \\V*run.yaml\\V*\\R").contains(message);
    assertThat(run.code()).isEqualTo(ExitCode.USAGE);
    assertThat(folder.resolve("run")).doesNotExist();
  }

  @Test
  void optionsWithoutEffectAreNamed() throws IOException {
    String yaml =
        COMMON + "training: {decoder_of: ROOT/vae, side: 16, batch: 2, divergence: 1.0e-5}\n";
    CommandRun run = train("autoencoder", yaml);

    assertThat(run.err())
        .matches("lssgen: \\V*run.yaml\\V*\\R")
        .contains("divergence has no effect with decoder_of");
    assertThat(run.code()).isEqualTo(ExitCode.USAGE);
  }

  @Test
  void aModelThatIsMissingIsNoUsageError() throws IOException {
    CommandRun run = train("upsampler", VALID.get("upsampler"));

    assertThat(run.err()).matches("lssgen: \\V*vae\\V*\\R");
    assertThat(run.code()).isEqualTo(ExitCode.MODEL);
  }
}
