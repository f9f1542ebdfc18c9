package io.lssgen.train;

import static io.lssgen.model.GoldenTensors.ROOT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.errors.ModelException;
import io.lssgen.errors.UsageException;
import io.lssgen.image.RgbImage;
import io.lssgen.scaling.LoadedUpsampler;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.TorchRuntime;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.LongStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whole runs over a folder of pictures. */
class UpsamplerRunTest {
  private static final String YAML =
      """
      run: {folder: ROOT/run, seed: 3, log_every: 1}
      optimizer: {learning_rate: 1.0e-3, steps: 2, kind: muon}
      data:
        kind: pictures
        folders: [ROOT/pictures]
        held_out: 0.3
      training:
        autoencoder: TINY
        side: 32
        batch: 2
        decoded: 1
        kernels: {lanczos: 1, area: 1}
        reencoded: 0.5
        cache: ROOT/pairs.bin
        pairs: 6
        dtype: fp32
      loss: {latent_mse: 1, pixels: 1, features: 0.1, ssim: 0.1}
      upsampler: {kind: shuffle, width: 8, blocks: 1, latent_space: flux}
      """;

  @TempDir Path root;
  private final ByteArrayOutputStream console = new ByteArrayOutputStream();

  @BeforeEach
  void draw() throws IOException {
    TorchRuntime.threads(1);
    Path folder = Files.createDirectory(root.resolve("pictures"));
    for (int i = 0; i < 6; i++) {
      ImageIO.write(picture(i).toBufferedImage(), "jpg", folder.resolve(i + ".jpg").toFile());
    }
    Files.writeString(folder.resolve("broken.png"), "no picture");
  }

  private static RgbImage picture(int number) {
    return TinyTrainees.picture(number, 96);
  }

  private Path write(String yaml) throws IOException {
    return Files.writeString(
        root.resolve("run.yaml"),
        yaml.replace("ROOT", root.toString())
            .replace("TINY", ROOT.resolve("tiny-autoencoder/tae").toString())
            .replace("FLUX", TinyTrainees.FLUX.toString()));
  }

  private TrainingRun open(String yaml) throws IOException {
    return TrainingRun.open(
        "upsampler", write(yaml), new PrintStream(console, true, StandardCharsets.UTF_8));
  }

  @Test
  void aRunOverPicturesFillsItsCacheAndTrains() throws Exception {
    try (TrainingRun run = open(YAML)) {
      assertThat(run.loop().run()).isEqualTo(TrainingLoop.Outcome.FINISHED);
    }
    String said = console.toString(StandardCharsets.UTF_8);
    assertThat(said).contains("pictures to train on", "latents 6/6", "psnr", "features", "ssim");
    LoadedUpsampler.open(root.resolve("run/model/upsampler"), DType.F32).close();
    assertThat(Files.readString(root.resolve("pairs.bin.json")))
        .contains("pictures ", "autoencoder ", "LANCZOS", "reencoded=0.5");
  }

  @Test
  void nothingIsDecodedForTheFirstSteps() throws Exception {
    try (TrainingRun run = open(YAML.replace("decoded: 1", "latents_first: 2"))) {
      run.loop().run();
    }
    assertThat(console.toString(StandardCharsets.UTF_8))
        .contains("latent_mse")
        .doesNotContain("psnr");
  }

  @Test
  void aPublishedNetworkCanNormaliseManyChannelsTogether() throws Exception {
    String published = "kind: published, block_out_channels: [8, 4], norm_num_groups: 2";
    try (TrainingRun run = open(YAML.replace("kind: shuffle, width: 8, blocks: 1", published))) {
      assertThat(run.loop().run()).isEqualTo(TrainingLoop.Outcome.FINISHED);
    }
    Path folder = root.resolve("run/model/upsampler");
    assertThat(Files.readString(folder.resolve("config.json")))
        .containsPattern("\"norm_num_groups\" *: *2");
    LoadedUpsampler.open(folder, DType.F32).close();
  }

  @Test
  void aPublishedNetworkCanBeginAtInterpolation() throws Exception {
    String published = "kind: published, block_out_channels: [64, 48], norm_num_groups: 1";
    String yaml = YAML.replace("kind: shuffle, width: 8, blocks: 1", published);
    String start = "side: 32\n  start: bilinear";
    try (TrainingRun run = open(yaml.replace("side: 32", start))) {
      assertThat(run.loop().run()).isEqualTo(TrainingLoop.Outcome.FINISHED);
    }
    assertThatThrownBy(() -> open(yaml.replace("side: 32", "side: 32\n  start: cubic")))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("run.yaml")
        .hasMessageContaining("start wants bilinear", "found cubic");
    assertThatThrownBy(() -> open(YAML.replace("side: 32", start)))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("run.yaml")
        .hasMessageContaining("published");
    assertThatThrownBy(() -> open(yaml.replace("side: 32", start + "\n  initial: ROOT")))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("start");
  }

  @Test
  void someOfABatchCanBeMixed() throws Exception {
    try (TrainingRun run = open(YAML.replace("reencoded: 0.5", "mixed: 0.5"))) {
      assertThat(run.loop().run()).isEqualTo(TrainingLoop.Outcome.FINISHED);
    }
  }

  @Test
  void latentsThroughPixelsHaveACacheOfTheirOwn() throws Exception {
    open(YAML.replace("reencoded: 0.5", "target: pixels")).close();
    assertThat(Files.readString(root.resolve("pairs.bin.json"))).contains("target PIXELS");

    assertThatThrownBy(() -> open(YAML.replace("reencoded: 0.5", "target: picture")))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("holds latents of");
  }

  @Test
  void aRunGoesOnFromAnUpsamplerThatIsThere() throws Exception {
    try (TrainingRun run = open(YAML)) {
      run.loop().run();
    }
    String next =
        YAML.replace("ROOT/run", "ROOT/next")
            .replace("1.0e-3", "1.0e-30")
            .replace("side: 32", "side: 32\n  initial: ROOT/run/model/upsampler");
    try (TrainingRun run = open(next)) {
      run.loop().run();
    }

    assertThat(root.resolve("next/model/upsampler/" + DiffusersFolder.DIFFUSION_WEIGHTS))
        .hasSameBinaryContentAs(
            root.resolve("run/model/upsampler/" + DiffusersFolder.DIFFUSION_WEIGHTS));
    assertThatThrownBy(() -> open(next.replace("width: 8", "width: 16")))
        .isInstanceOf(ModelException.class)
        .hasMessageContainingAll("wants shape [16", "found [8");
  }

  @Test
  void withoutACachePairsAreMadeOnTheWay() throws Exception {
    String yaml = YAML.replace("  cache: ROOT/pairs.bin\n", "").replace("  pairs: 6\n", "");
    try (TrainingRun run = open(yaml)) {
      assertThat(run.loop().run()).isEqualTo(TrainingLoop.Outcome.FINISHED);
    }
  }

  @Test
  void aShareOfTheCropsIsDrawn() throws Exception {
    DiscArtwork.draw(root.resolve("artwork"));
    ImageSource photographs = pictures("held_out: 0.3").crops();
    TrainingPictures mixed = pictures("held_out: 0.3\n  scenes: 0.25\n  artwork: ROOT/artwork");
    long drawn =
        LongStream.range(0, 400)
            .filter(i -> !mixed.crops().image(i, 32).equals(photographs.image(i, 32)))
            .count();
    assertThat(drawn).isBetween(60L, 140L);
    assertThat(mixed.origin()).contains("pictures ", "in 0.25 of crops: emoji scenes");
  }

  private TrainingPictures pictures(String heldOut) throws IOException {
    Path file = write(YAML.replace("held_out: 0.3", heldOut));
    return TrainingPictures.of(TrainingConfig.read(file), TinyTrainees.SILENT);
  }

  @Test
  void pairsOfOtherPicturesAreRefused() throws Exception {
    open(YAML).close();
    ImageIO.write(picture(9).toBufferedImage(), "jpg", root.resolve("pictures/more.jpg").toFile());
    ImageIO.write(
        picture(9).toBufferedImage(), "jpg", root.resolve("pictures/even-more.jpg").toFile());
    assertThatThrownBy(() -> open(YAML))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("holds latents of");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "kind: pictures | kind: photographs | kind wants emoji-scenes or pictures",
        "held_out: 0.3 | held_out: 2 | must be in [0, 1), found 2.0",
        "held_out: 0.3 | held_out: 0.999999 | are held out, so none is left",
        "held_out: 0.3 | placement: grid | placement has no effect with pictures and no share",
        "held_out: 0.3 | scenes: 2 | scenes is a share, 0 to 1, found 2.0",
        "folders: [ROOT/pictures] | folders: [ROOT/none] | there is no such folder",
        "folders: [ROOT/pictures] | flips: true | field 'folders' is missing",
        "held_out: 0.3 | least_scale: 2 | least_scale must be in (0, 1]",
        "side: 32 | side: 40 | nearest that fits",
        "side: 32 | side: 64 | has sides of at least 128 pixels",
        "decoded: 1 | decoded: 3 | decoded must be from 1 to batch = 2, found 3",
        "decoded: 1 | latents_first: -1 | latents_first must be at least 0, found -1",
        "lanczos: 1 | cubic: 1 | kernels wants a table",
        "reencoded: 0.5 | reencoded: 2 | reencoded must be in [0, 1]",
        "reencoded: 0.5 | roughness: -1 | roughness must be at least 0",
        "reencoded: 0.5 | target: moon | target wants picture or pixels, found moon",
        "reencoded: 0.5 | mixed: 2 | mixed must be in [0, 1], found 2.0",
        "reencoded: 0.5 | mixed: 1 | decoded and mixed together must be at most batch = 2",
        "latent_mse: 1 | latent_mse: -1 | weights must be at least 0",
        "autoencoder: TINY | autoencoder: FLUX/vae | features wants a tiny autoencoder",
        "kind: shuffle | kind: deep | kind wants published or shuffle, found deep",
        "kind: shuffle | in_channels: 4, kind: shuffle | 4 channels, the autoencoder's have 16",
        "width: 8 | residual: none | residual wants bicubic, found none",
        "latent_space: flux | latent_space: moon | latent_space wants one of",
        "kind: shuffle | kind: published | width has no effect in a published network",
        "width: 8 | width: 8, norm_num_groups: 8 | norm_num_groups has no effect in a shuffle network",
        "width: 8 | width: 0 | width must be from 1"
      })
  void whatIsWrongInTheFileIsAUsageErrorThatNamesIt(String now, String then, String message) {
    assertThat(YAML).contains(now);
    assertThatThrownBy(() -> open(YAML.replace(now, then)))
        .isInstanceOf(UsageException.class)
        .message()
        .contains(message)
        .doesNotContain("\n");
  }
}
