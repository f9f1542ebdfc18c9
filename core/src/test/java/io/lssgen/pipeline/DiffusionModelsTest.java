package io.lssgen.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import io.lssgen.errors.ModelException;
import io.lssgen.errors.UsageException;
import io.lssgen.schedule.SamplingMethod;
import io.lssgen.schedule.Schedulers;
import io.lssgen.schedule.SigmaSchedule;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.LiveHandles;
import io.lssgen.tensor.TorchRuntime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What users of diffusion models may rely on, beside the numbers. */
class DiffusionModelsTest {
  @TempDir static Path folder;

  private static final Map<String, TextToImage> MODELS = new HashMap<>();

  @BeforeAll
  static void openModels() {
    TorchRuntime.threads(1);
    for (String kind : new String[] {"sd", "sdxl", "playground", "lcm"}) {
      MODELS.put(kind, PipelineLoader.of(create(kind, kind)).load());
    }
  }

  @AfterAll
  static void closeModels() {
    MODELS.values().forEach(TextToImage::close);
    MODELS.clear();
  }

  private static Path create(String name, String kind) {
    return TinyModels.createDiffusion(folder.resolve(name), kind);
  }

  private static GenerationRequest.Builder staged() {
    return GenerationRequest.builder("a red apple").size(64, 64).minSize(32).steps(3).seed(5);
  }

  @ParameterizedTest
  @CsvSource({
    "sd, Stable Diffusion, 50, 7.5, PLMS, Discrete",
    "sdxl, SDXL, 50, 5, Euler, Discrete",
    "playground, Playground v2.5, 50, 3, DPM++ 2M, Karras",
    "lcm, SDXL, 4, 1, LCM, Discrete"
  })
  void whatIsNotNamedIsAsPublished(
      String kind, String family, int steps, double cfgScale, String sampler, String schedule) {
    TextToImage model = MODELS.get(kind);
    Recipe recipe = model.recipe(GenerationRequest.builder("a").build());

    assertThat(model.family()).isEqualTo(family);
    assertThat(recipe.plan().stages()).hasSize(1); // nothing below the UNet's own size
    assertThat(recipe.plan().requestedSteps()).isEqualTo(steps);
    assertThat(recipe.plan().last().width()).isEqualTo(128); // its sample_size in pixels
    assertThat(recipe.cfgScale()).isEqualTo(cfgScale);
    assertThat(recipe.scheduler().sampler()).isEqualTo(sampler);
    assertThat(recipe.scheduler().schedule()).isEqualTo(schedule);
    assertThat(recipe.guidance().isPresent()).isEqualTo(kind.equals("lcm"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"euler_a", "dpm++2m_sde", "lcm", "pndm"})
  void picturesOfABatchEqualSingleOnes(String method) {
    GenerationRequest.Builder request =
        staged().samplingMethod(SamplingMethod.parse(method)).cfgScale(2);
    GenerationResult batch = MODELS.get("sd").generate(request.images(3).build());

    for (int i = 0; i < 3; i++) {
      GenerationResult single = MODELS.get("sd").generate(request.images(1).seed(5 + i).build());
      assertThat(single.images().get(0)).isEqualTo(batch.images().get(i));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"sd", "sdxl", "playground", "lcm"})
  void repeatedRunsLeaveNoNativeHandles(String kind) {
    GenerationRequest request = staged().keepStageLatents(true).build();
    MODELS.get(kind).generate(request);
    long before = LiveHandles.settled();
    for (int i = 0; i < 3; i++) {
      MODELS.get(kind).generate(request);
    }

    assertThat(TorchRuntime.liveHandles()).isEqualTo(before);
  }

  @Test
  void bracketsWeighWordsAndEscapedOnesDoNot() {
    TextToImage model = MODELS.get("sd");
    GenerationRequest plain =
        GenerationRequest.builder("a red apple").size(32, 32).steps(2).seed(1).build();

    assertThat(pictures(model, "a (red:1) apple")).isEqualTo(model.generate(plain).images());
    assertThat(pictures(model, "a (red:1.4) apple")).isNotEqualTo(model.generate(plain).images());
    assertThat(pictures(model, "a \\(red:1.4\\) apple"))
        .isNotEqualTo(pictures(model, "a (red:1.4) apple"));
  }

  private static Object pictures(TextToImage model, String prompt) {
    return model
        .generate(GenerationRequest.builder(prompt).size(32, 32).steps(2).seed(1).build())
        .images();
  }

  @Test
  void longPromptsAreReadToTheirEnd() {
    String tail = " and a blue book".repeat(20);
    TextToImage model = MODELS.get("sdxl");

    assertThat(pictures(model, "a red apple" + tail + " left of a dog"))
        .isNotEqualTo(pictures(model, "a red apple" + tail + " left of a cat"));
    assertThat(model.generate(staged().build()).warnings()).isEmpty();
  }

  @Test
  void bf16StaysNearFp32() {
    try (TextToImage half = PipelineLoader.of(create("half", "sd")).dtype(DType.BF16).load()) {
      GenerationRequest request = staged().plain(true).cfgScale(1).keepStageLatents(true).build();
      float[] wanted = MODELS.get("sd").generate(request).stageLatents().get(0).values();
      float[] found = half.generate(request).stageLatents().get(0).values();
      double error = 0;
      double size = 0;
      for (int i = 0; i < wanted.length; i++) {
        error += Math.pow(wanted[i] - found[i], 2);
        size += Math.pow(wanted[i], 2);
      }

      assertThat(Math.sqrt(error / size)).isLessThan(0.1);
    }
  }

  @Test
  void aDistilledUNetComesFromAFolderOfItsOwn() {
    Path base = create("base", "sdxl");
    GenerationRequest request = staged().plain(true).guidance(8).build();
    PipelineLoader loader =
        PipelineLoader.of(base).unet(TinyModels.golden("diffusion-tiny/lcm/unet"));
    try (TextToImage model = loader.load()) {
      assertThat(model.recipe(request).scheduler().sampler()).isEqualTo("LCM");
      assertThat(model.generate(request).images())
          .isEqualTo(MODELS.get("lcm").generate(request).images());
    }
  }

  @Test
  void textEncodersThatLeftTheMemoryComeBack() {
    Path model = create("resting", "sdxl");
    GenerationRequest apple = staged().build();
    GenerationRequest dog =
        GenerationRequest.builder("a dog").size(32, 32).steps(2).seed(1).build();
    try (TextToImage resting = PipelineLoader.of(model).keepTextEncoders(false).load()) {
      assertThat(resting.generate(apple).images())
          .isEqualTo(MODELS.get("sdxl").generate(apple).images());
      assertThat(resting.generate(dog).images())
          .isEqualTo(MODELS.get("sdxl").generate(dog).images());
      long before = LiveHandles.settled();
      resting.generate(apple);
      assertThat(TorchRuntime.liveHandles()).isEqualTo(before);
    }
  }

  @Test
  void wishesThatAModelCannotFulfilAreRefusedOrTold() {
    assertThatThrownBy(
            () -> MODELS.get("playground").plan(staged().sigmaSchedule(SigmaSchedule.BETA).build()))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("EDM");
    assertThatThrownBy(() -> MODELS.get("sd").generate(staged().clipSkip(9).build()))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("clip skip");
    assertThatThrownBy(() -> staged().guidanceRescale(1.5).build())
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("1.5");
    assertThat(MODELS.get("sd").generate(staged().guidance(3).build()).warnings())
        .anyMatch(warning -> warning.contains("takes none"));
    assertThatThrownBy(() -> MODELS.get("sd").plan(staged().startSigma(0.1).build()))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("0.3334");
  }

  @ParameterizedTest
  @CsvSource({
    "text_encoder_2, text_encoder_2",
    "unet, unet",
    "vae, vae",
    "scheduler, scheduler",
    "tokenizer_2, tokenizer_2"
  })
  void missingComponentsAreNamed(String missing, String named) throws IOException {
    Path damaged = create("without-" + missing, "sdxl");
    try (var files = Files.walk(damaged.resolve(missing))) {
      for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }

    assertRefused(damaged, named);
  }

  @Test
  void unknownFamiliesAndSchedulersAreRefusedWithTheKnownOnes() throws IOException {
    assertRefused(
        damaged("model_index.json", "StableDiffusionXLPipeline", "PixArtSigmaPipeline"),
        "PixArtSigmaPipeline",
        "FLUX.1",
        "Stable Diffusion",
        "SDXL");
    assertRefused(
        damaged(
            "scheduler/scheduler_config.json", "EulerDiscreteScheduler", "DEISMultistepScheduler"),
        Stream.concat(Stream.of("DEISMultistepScheduler"), Schedulers.names().stream())
            .toArray(String[]::new));
  }

  @ParameterizedTest
  @CsvSource({
    "'\"cross_attention_dim\": 44', '\"cross_attention_dim\": 40',"
        + " 'hidden_size of both text encoders together is 44', 'cross_attention_dim of unet is 40'",
    "'\"in_channels\": 4', '\"in_channels\": 8',"
        + " 'latent_channels of vae is 4', 'in_channels of unet is 8'"
  })
  void componentsThatDoNotBelongTogetherAreRefusedWithBothNumbers(
      String what, String with, String one, String other) throws IOException {
    assertRefused(damaged("unet/config.json", what, with), "do not belong together", one, other);
  }

  /** A model in whose file {@code what} is replaced. */
  private static Path damaged(String file, String what, String with) throws IOException {
    Path damaged = create("damaged-" + Math.abs(with.hashCode()), "sdxl");
    String text = Files.readString(damaged.resolve(file));
    assertThat(text).contains(what);
    Files.writeString(damaged.resolve(file), text.replace(what, with));
    return damaged;
  }

  /** Weights that nobody can read would be told, were they looked at. */
  @ParameterizedTest
  @CsvSource({
    "sdxl, scheduler/scheduler_config.json",
    "sdxl, unet/config.json",
    "sdxl, vae/config.json",
    "sdxl, text_encoder_2/config.json",
    "sdxl, tokenizer_2/tokenizer.json",
    "sd, scheduler/scheduler_config.json",
    "sd, vae/config.json"
  })
  void configurationsAreCheckedBeforeWeightsAreRead(String kind, String file) throws IOException {
    Path damaged = create(kind + "-without-" + file.replace('/', '-'), kind);
    try (var files = Files.walk(damaged)) {
      for (Path weights : files.filter(f -> f.toString().endsWith(".safetensors")).toList()) {
        Files.writeString(weights, "no weights");
      }
    }
    Files.delete(damaged.resolve(file));

    assertRefused(damaged, Path.of(file).getParent().toString());
    assertThatThrownBy(() -> PipelineLoader.of(damaged).load())
        .extracting(Throwable::getMessage, STRING)
        .doesNotContain(".safetensors");
  }

  @Test
  void unknownSchedulerIsToldBeforeWeightsAreRead() throws IOException {
    Path damaged = create("unknown-scheduler", "sdxl");
    Path scheduler = damaged.resolve("scheduler/scheduler_config.json");
    String text = Files.readString(scheduler);
    Files.writeString(scheduler, text.replace("EulerDiscrete", "DEISMultistep"));
    Files.writeString(damaged.resolve("text_encoder/model.safetensors"), "no weights");

    assertRefused(damaged, "DEISMultistepScheduler is not supported");
  }

  private static void assertRefused(Path model, String... named) {
    assertThatThrownBy(() -> PipelineLoader.of(model).load())
        .isInstanceOf(ModelException.class)
        .hasMessageContainingAll(named);
  }
}
