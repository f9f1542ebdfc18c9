package io.lssgen.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.lssgen.image.ImageFiles;
import io.lssgen.weights.SafetensorsFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Ctrl-C, as a process of its own meets it. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "there is no kill -INT")
class InterruptedProcessTest {
  private static final String TRAINED =
      """
      run: {folder: ROOT/run, log_every: 1, sample_every: 1000000}
      optimizer: {learning_rate: 1.0e-3, steps: 1000000}
      data: {kind: emoji-scenes, artwork: ROOT/artwork}
      """;

  private static final String AUTOENCODER =
      """
      training: {side: 16, batch: 1, dtype: fp32}
      autoencoder:
        latent_channels: 4
        block_out_channels: [4, 4]
        norm_num_groups: 2
        mid_block_add_attention: false
      """;

  private static final String UPSAMPLER =
      """
      training:
        autoencoder: GOLDEN/flux-tiny/vae
        side: 32
        batch: 2
        decoded: 1
        cache: ROOT/pairs.bin
        pairs: 10000000
        dtype: fp32
      loss: {latent_mse: 1}
      upsampler: {kind: shuffle, width: 8, blocks: 1, latent_space: flux}
      """;

  /** bf16: 16 channels of 2 × 2 and 4 × 4 latents, and the picture. */
  private static final int PAIR_BYTES = 2 * (16 * 4 + 16 * 16 + 3 * 32 * 32);

  @TempDir Path folder;

  private CommandProcess train(String kind, String rest) throws IOException {
    if (!Files.exists(folder.resolve("artwork"))) {
      TinyArtwork.create(folder.resolve("artwork"));
    }
    String yaml =
        (TRAINED + rest)
            .replace("ROOT", folder.toString())
            .replace("GOLDEN", TinyModel.GOLDEN.toString());
    Path config = Files.writeString(folder.resolve("run.yaml"), yaml);
    return CommandProcess.start(
        folder.resolve("said.txt"), "train", kind, "--config", config, "--threads", 1);
  }

  private String savedStep() {
    try (SafetensorsFile saved =
        SafetensorsFile.open(folder.resolve("run/checkpoint.safetensors"))) {
      return saved.metadata().get("lssgen.step");
    }
  }

  @Test
  void trainingSavesTheStepUnderWayAndGoesOn() throws Exception {
    CommandProcess first = train("autoencoder", AUTOENCODER);
    first.awaitText("step 3/");
    assertThat(first.interrupt()).as(first.said()).isEqualTo(ExitCode.INTERRUPTED);
    String step = savedStep();
    assertThat(Integer.parseInt(step)).isGreaterThanOrEqualTo(3);
    assertThat(first.said().replace(",", ""))
        .contains("stopped after step " + step + "; saved in " + folder.resolve("run"))
        .endsWith("the same command goes on" + System.lineSeparator());
    assertThat(folder.resolve("run/model/vae/config.json")).exists();

    CommandProcess second = train("autoencoder", AUTOENCODER);
    second.awaitText("step %,d/".formatted(Integer.parseInt(step) + 1));
    assertThat(second.interrupt()).as(second.said()).isEqualTo(ExitCode.INTERRUPTED);
    assertThat(second.said().replace(",", "")).contains("resumed after step " + step);
  }

  @Test
  void whatIsEncodedBeforeTrainingIsKeptWhole() throws Exception {
    Path cache = folder.resolve("pairs.bin");
    CommandProcess first = train("upsampler", UPSAMPLER);
    first.await(() -> Files.exists(cache) && cache.toFile().length() > 0, "the first pairs");
    assertThat(first.interrupt()).as(first.said()).isEqualTo(ExitCode.INTERRUPTED);
    assertThat(first.said())
        .endsWith("stopped while data were prepared; the same command goes on\n");
    long size = Files.size(cache);
    assertThat(size).isPositive().isEqualTo(size / PAIR_BYTES * PAIR_BYTES);
    assertThat(folder.resolve("run/checkpoint.safetensors")).doesNotExist();

    CommandProcess second = train("upsampler", UPSAMPLER);
    second.await(() -> cache.toFile().length() > size, "more pairs");
    assertThat(second.interrupt()).as(second.said()).isEqualTo(ExitCode.INTERRUPTED);
  }

  @Test
  void generatingFinishesThePictureUnderWay() throws Exception {
    Path model = TinyModel.create(folder.resolve("model"));
    Path pictures = Files.createDirectory(folder.resolve("pictures"));
    CommandProcess process =
        CommandProcess.start(
            folder.resolve("said.txt"),
            "generate",
            "a red apple",
            "-m",
            model,
            "--steps",
            50,
            "-b",
            1000,
            "-o",
            pictures.resolve("p_%04d.png"));
    process.await(() -> !list(pictures).isEmpty(), "the first picture");
    assertThat(process.interrupt()).as(process.said()).isEqualTo(ExitCode.INTERRUPTED);
    assertThat(process.said()).contains("finishing the picture under way");
    assertThat(list(pictures))
        .hasSizeBetween(1, 999)
        .allSatisfy(file -> assertThat(ImageFiles.read(file).width()).isEqualTo(64));
  }

  private static List<Path> list(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> file.toString().endsWith(".png")).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
