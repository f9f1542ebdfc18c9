package io.lssgen.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lssgen.errors.UsageException;
import io.lssgen.model.clip.ClipTextConfig;
import io.lssgen.model.flux.FluxConfig;
import io.lssgen.model.t5.T5Config;
import io.lssgen.model.unet.UNetConfig;
import io.lssgen.model.vae.AutoencoderKl;
import io.lssgen.model.vae.AutoencoderKlConfig;
import io.lssgen.scaling.UpsamplerConfig;
import io.lssgen.schedule.TrainingNoise;
import io.lssgen.tensor.DType;
import io.lssgen.text.ClipTokenizer;
import io.lssgen.weights.ModelConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class TrainingConfigTest {
  private static final String VALID =
      """
      run: {folder: runs/x, seed: 3, checkpoint_minutes: 0.5}
      optimizer: {learning_rate: 1.0e-3, schedule: one_cycle, warmup: 5, steps: 20, betas: [0.9, 0.99]}
      data: {kind: emoji-scenes}
      training: {side: 16, batch: 2, dtype: fp32, sizes: [{side: 256, share: 1}]}
      """;

  @TempDir Path folder;

  private TrainingConfig read(String text) throws IOException {
    return TrainingConfig.read(Files.writeString(folder.resolve("run.yaml"), text));
  }

  @Test
  void readsARun() throws IOException {
    TrainingConfig config = read(VALID);
    TrainingLoop.Settings loop = config.loop();

    assertThat(config.folder()).isEqualTo(Path.of("runs/x"));
    assertThat(config.seed()).isEqualTo(3);
    assertThat(loop.learningRate())
        .isEqualTo(new LearningRate(LearningRate.Schedule.ONE_CYCLE, 1e-3, 5, 20, 0));
    assertThat(loop.adam()).isEqualTo(new AdamW.Settings(0.9, 0.99, 1e-8, 0.01, false));
    assertThat(loop.checkpointEvery()).hasSeconds(30);
    assertThat(config.computeType(config.section("training", "side", "batch", "dtype", "sizes")))
        .isEqualTo(DType.F32);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "seed: 3 | sede: 3 | unknown 'sede'",
        "warmup: 5 | warmpu: 5 | unknown 'warmpu'",
        "data: | date: | unknown 'date'",
        "share: 1 | shair: 1 | unknown 'shair'",
        "one_cycle | sawtooth | schedule wants one of",
        "[0.9, 0.99] | [0.9] | betas wants two numbers",
        "[0.9, 0.99] | [0.9, high] | betas wants two numbers",
        "[0.9, 0.99] | [0.9, 1.5] | betas in [0, 1)",
        "schedule: one_cycle | kind: sgd | kind wants adamw or muon, found sgd",
        "steps: 20 | steps: 0 | steps >= 1",
        "dtype: fp32 | dtype: fp31 | unknown dtype 'fp31'",
        "dtype: fp32 | dtype: int64 | wants fp32, bf16, fp16 or auto, found int64",
        "steps: 20 | steps: many | wants an integer",
        "'steps: 20, ' | '' | field 'steps' is missing",
        "folder: runs/x, | '' | folder",
        "run: {folder | run: [folder | YAML"
      })
  void saysWhatIsWrong(String now, String then, String message) throws IOException {
    assertThat(VALID).contains(now);
    String text = VALID.replace(now, then);
    assertThatThrownBy(
            () -> {
              TrainingConfig config = read(text);
              config.requireSections("run", "optimizer", "data", "training");
              config.folder();
              config.loop();
              ModelConfig training = config.section("training", "side", "batch", "dtype", "sizes");
              config.computeType(training);
              config.list(training, "sizes", "side", "share");
            })
        .isInstanceOf(UsageException.class)
        .message()
        .contains("run.yaml", message);
  }

  @Test
  void aFileHoldsWhatDiffersFromItsBase() throws IOException {
    Files.writeString(folder.resolve("first.yaml"), VALID);
    TrainingConfig config =
        read(
            """
            base: first.yaml
            run: {folder: runs/y}
            training: {sizes: [{side: 512}, {side: 256}]}
            """);

    assertThat(config.folder()).isEqualTo(Path.of("runs/y"));
    assertThat(config.seed()).isEqualTo(3);
    ModelConfig training = config.section("training", "side", "batch", "dtype", "sizes");
    assertThat(training.integer("side")).isEqualTo(16);
    assertThat(config.list(training, "sizes", "side"))
        .extracting(size -> size.integer("side"))
        .containsExactly(512, 256);
  }

  @Test
  void aFileThatIsItsOwnBaseIsRefused() throws IOException {
    Files.writeString(folder.resolve("first.yaml"), "base: run.yaml");
    assertThatThrownBy(() -> read("base: first.yaml"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("run.yaml: it is its own base");
  }

  @Test
  void aMissingFileIsNamed() {
    assertThatThrownBy(() -> TrainingConfig.read(folder.resolve("absent.yaml")))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("absent.yaml");
  }

  @Test
  void sidesThatDoNotFitAreNamedWithTheNearest() {
    assertThatThrownBy(() -> Sides.require(40, 32))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("found 40; the nearest that fits is 32");
    assertThatThrownBy(() -> Sides.require(8, 4)).hasMessageContaining("nearest that fits is 16");
  }

  static Stream<Path> shipped() throws IOException {
    return Stream.concat(
            Files.list(Path.of("../configs/emoji")), Files.list(Path.of("../configs/upsamplers")))
        .filter(file -> file.toString().endsWith(".yaml"));
  }

  /** Every shipped file is read to the end and its models are built on shapes alone. */
  @ParameterizedTest
  @MethodSource("shipped")
  void shippedFilesDescribeModelsThatCanBeBuilt(Path file) {
    TrainingConfig config = TrainingConfig.read(file);
    assertThat(config.loop().learningRate().steps()).isPositive();
    assertThat(config.folder().toString()).startsWith("runs");
    String text = config.file().getFileName().toString();
    if (text.equals("autoencoder.yaml")) {
      AutoencoderKlConfig model =
          AutoencoderKlConfig.of(config.modelSection("autoencoder", AutoencoderKlConfig.FIELDS));
      assertThat(ParameterLayout.of(p -> new AutoencoderKl(p, model)).elements())
          .isBetween(1_000_000L, 20_000_000L);
    } else if (text.startsWith("denoiser") || text.equals("text.yaml")) {
      assertDenoiser(config);
    } else if (file.getParent().endsWith("upsamplers")) {
      ModelConfig network = config.modelSection("upsampler", UpsamplerRun.NETWORK_FIELDS);
      String space = UpsamplerConfig.space(network).orElseThrow().label();
      assertThat(text).matches(space + "(-[a-z-]+)?[.]yaml");
      assertThat(UpsamplerLoss.of(config.section("loss", UpsamplerLoss.FIELDS)).decodes()).isTrue();
    } else if (text.startsWith("xl")) {
      assertXl(config);
    }
  }

  private static void assertDenoiser(TrainingConfig config) {
    assertThat(config.modelSection("defaults", DenoiserRun.DEFAULTS).text("name")).isNotEmpty();
    FluxParts.Config model =
        new FluxParts.Config(
            FluxConfig.of(config.modelSection("transformer", FluxConfig.FIELDS)),
            ClipTextConfig.of(
                withVocabulary(config.modelSection("text_encoder", ClipTextConfig.FIELDS))),
            T5Config.of(withVocabulary(config.modelSection("text_encoder_2", T5Config.FIELDS))));
    assertThat(model.transformer().pooledWidth()).isEqualTo(model.clip().width());
    assertThat(model.transformer().textWidth()).isEqualTo(model.t5().width());
    FluxParts.Texts texts = TinyTrainees.fluxTexts();
    assertThat(
            ParameterLayout.of(
                    p -> new FluxParts(p, model, texts, FluxParts.Readers.NONE, DType.F32).close())
                .elements())
        .isBetween(5_000_000L, 60_000_000L);
  }

  private static void assertXl(TrainingConfig config) {
    ModelConfig defaults = config.modelSection("defaults", DenoiserRun.DEFAULTS);
    assertThat(defaults.text("name")).startsWith("emoji-xl");
    TrainingNoise.of(config.modelSection("scheduler", TrainingNoise.FIELDS));
    ModelConfig unet = config.modelSection("unet", UNetConfig.FIELDS);
    ObjectNode second =
        withVocabulary(config.modelSection("text_encoder_2", ClipTextConfig.FIELDS))
            .fields()
            .deepCopy();
    second.putArray("architectures").add("CLIPTextModelWithProjection");
    XlParts.Config parts =
        new XlParts.Config(
            UNetConfig.of(unet),
            ClipTextConfig.of(
                withVocabulary(config.modelSection("text_encoder", ClipTextConfig.FIELDS))),
            ClipTextConfig.of(new ModelConfig("text_encoder_2", second)));
    ClipTokenizer tokenizer = TinyTrainees.fluxTexts().clipTokenizer();
    XlParts.Surroundings surroundings =
        new XlParts.Surroundings(tokenizer, tokenizer, 16, DType.F32);
    assertThat(ParameterLayout.of(p -> new XlParts(p, p, parts, surroundings).close()).elements())
        .isBetween(5_000_000L, 40_000_000L);
    // A LoRA cannot add an input for the guidance scale.
    assertThat(unet.has("time_cond_proj_dim")).isFalse();
  }

  private static ModelConfig withVocabulary(ModelConfig section) {
    ObjectNode fields = section.fields().deepCopy();
    return new ModelConfig(section.origin(), fields.put("vocab_size", 2000));
  }
}
