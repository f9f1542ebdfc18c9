package io.lssgen.train;

import static io.lssgen.model.GoldenTensors.ROOT;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lssgen.model.ImageModel;
import io.lssgen.model.LoadOptions;
import io.lssgen.model.ModelFamilies;
import io.lssgen.model.vae.AutoencoderKlConfig;
import io.lssgen.pipeline.GenerationRequest;
import io.lssgen.pipeline.PipelineLoader;
import io.lssgen.pipeline.TextToImage;
import io.lssgen.scaling.LoadedUpsampler;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.LiveHandles;
import io.lssgen.tensor.Rng;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import io.lssgen.tensor.TorchRuntime;
import io.lssgen.weights.Checkpoint;
import io.lssgen.weights.ModelConfig;
import io.lssgen.weights.SafetensorsFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import org.assertj.core.data.Offset;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A few real steps of each trainee. Their losses are held against {@code
 * golden/training/losses.json}, written down from this code: a change that should not change
 * numbers keeps them within 0.1 %.
 */
class TraineesTest {
  private static final int STEPS = 6;

  @TempDir Path folder;
  private final List<AutoCloseable> resources = new ArrayList<>();
  private final List<Double> losses = new ArrayList<>();
  private final List<Long> handles = new ArrayList<>();

  @BeforeEach
  void oneThread() {
    TorchRuntime.threads(1);
  }

  @AfterEach
  void closeAll() throws Exception {
    TinyTrainees.close(resources);
  }

  private void train(Trainee trainee) {
    resources.add(trainee);
    WatchedTrainee watched =
        new WatchedTrainee(trainee)
            .onLoss(
                index -> {
                  handles.add(TorchRuntime.liveHandles());
                  return loss -> {
                    losses.add(loss.total().item());
                    return loss;
                  };
                });
    TrainingLoop.Settings settings =
        LoopSettings.constant(3e-3, STEPS).sampleEvery(STEPS).settings();
    LiveHandles.settled(); // so that nothing of earlier tests is freed on the way
    new TrainingLoop(watched, settings, folder.resolve("run"), TinyTrainees.SILENT).run();
    assertThat(folder.resolve("run").resolve("sample-0000006.png")).isNotEmptyFile();
  }

  private void assertLosses(String name) throws Exception {
    assertLosses(name, 0.1);
  }

  private void assertLosses(String name, double percent) throws Exception {
    JsonNode golden =
        new ObjectMapper().readTree(ROOT.resolve("training").resolve("losses.json").toFile());
    JsonNode wanted = golden.get(name);
    assertThat(wanted).as("%s, found %s", name, losses).hasSize(losses.size());
    for (int i = 0; i < losses.size(); i++) {
      assertThat(losses.get(i))
          .as("%s, step %d of %s", name, i, losses)
          .isCloseTo(wanted.get(i).asDouble(), Percentage.withPercentage(percent));
    }
  }

  /** The first steps fill caches; after them each step frees what it takes. */
  private void assertNoLeaks() {
    assertThat(handles.subList(3, STEPS)).containsOnly(handles.get(3));
  }

  @Test
  void autoencoder() throws Exception {
    train(TinyTrainees.autoencoder());

    assertNoLeaks();
    ModelConfig written = ModelConfig.read(folder.resolve("run/model/vae/config.json"));
    assertThat(written.text("_class_name")).isEqualTo("AutoencoderKL");
    assertThat(AutoencoderKlConfig.of(written).latentScale().scaling()).isPositive();
    TrainingRun.loadAutoencoder(folder.resolve("run/model/vae"), DType.F32, resources);
    assertLosses("autoencoder");
  }

  @Test
  void decoder() throws Exception {
    train(TinyTrainees.decoder(DType.F32));

    assertNoLeaks();
    try (TensorScope scope = TensorScope.open();
        Checkpoint before = Checkpoint.open(TinyTrainees.FLUX.resolve("vae"));
        Checkpoint after = Checkpoint.open(folder.resolve("run/model/vae"))) {
      assertThat(after.names()).containsExactlyInAnyOrderElementsOf(before.names());
      for (String name : before.names()) {
        float[] wanted = before.tensor(name).toFloatArray();
        boolean trained = name.startsWith("decoder.") || name.startsWith("post_quant_conv.");
        if (trained) {
          assertThat(after.tensor(name).toFloatArray()).as(name).isNotEqualTo(wanted);
        } else {
          assertThat(after.tensor(name).toFloatArray()).as(name).isEqualTo(wanted);
        }
      }
      assertThat(scope).isNotNull();
    }
    assertThat(
            AutoencoderKlConfig.of(ModelConfig.read(folder.resolve("run/model/vae/config.json"))))
        .isEqualTo(
            AutoencoderKlConfig.of(
                ModelConfig.read(TinyTrainees.FLUX.resolve("vae").resolve("config.json"))));
    assertLosses("decoder");
  }

  @Test
  void upsampler() throws Exception {
    train(TinyTrainees.upsampler(DType.F32, resources));

    assertNoLeaks();
    LoadedUpsampler.open(folder.resolve("run/model/upsampler"), DType.F32).close();
    assertLosses("upsampler");
  }

  @Test
  void denoiser() throws Exception {
    train(TinyTrainees.denoiser(DType.F32, folder, resources));

    assertNoLeaks();
    try (ImageModel model =
        ModelFamilies.load(folder.resolve("run/model"), LoadOptions.of(DType.F32))) {
      assertThat(model.denoiser().takesGuidance()).isTrue();
      assertThat(model.prompts().warnings("a red apple")).isEmpty();
    }
    assertLosses("denoiser");
  }

  /** As FLUX.1-schnell: no guidance embedding, so no guidance scale may be given. */
  @Test
  void denoiserWithoutGuidance() {
    train(
        TinyTrainees.denoiser(
            ROOT.resolve("flux-tiny-schnell"),
            2,
            new DataObjective(new RectifiedFlow(0), Telling.ALL),
            folder,
            resources));

    assertNoLeaks();
    assertThat(losses).hasSize(STEPS).allMatch(Double::isFinite);
    try (ImageModel model =
        ModelFamilies.load(folder.resolve("run/model"), LoadOptions.of(DType.F32))) {
      assertThat(model.denoiser().takesGuidance()).isFalse();
    }
  }

  @Test
  void xl() throws Exception {
    train(TinyTrainees.xl(DType.F32, folder, resources));

    assertNoLeaks();
    assertLosses("xl");
    assertThat(ModelConfig.read(folder.resolve("run/model/model_index.json")).text("_class_name"))
        .isEqualTo("StableDiffusionXLPipeline");
    assertGenerates();
  }

  /** The text encoders of a distilled model are the teacher's, to the bit. */
  @Test
  void xlDistilled() throws Exception {
    train(TinyTrainees.xlLcm(DType.F32, folder, resources));

    assertNoLeaks();
    assertLosses("xl_lcm");
    for (String file : List.of("text_encoder/model.safetensors", "text_encoder_2/config.json")) {
      assertThat(folder.resolve("run/model").resolve(file))
          .hasSameBinaryContentAs(folder.resolve("xl").resolve(file));
    }
    assertGenerates();
  }

  /** With the scheduler that was exported. */
  private void assertGenerates() {
    try (TextToImage model = PipelineLoader.of(folder.resolve("run/model")).load()) {
      GenerationRequest request =
          GenerationRequest.builder("a red apple").size(32, 32).steps(2).build();
      assertThat(model.generate(request).images().get(0).width()).isEqualTo(32);
    }
  }

  /**
   * bf16 over fp32 weights, as all configurations that come along say: the losses are fp32's but
   * for rounding, memory is freed, and what is kept of a run has all of its digits.
   */
  @ParameterizedTest
  @EnumSource
  void bf16TrainsFp32Weights(TinyTrainee kind) throws Exception {
    train(kind.make(DType.BF16, folder, resources));

    assertNoLeaks();
    assertLosses(kind.name().toLowerCase(Locale.ROOT), kind.bf16Percent());
    try (SafetensorsFile saved =
        SafetensorsFile.open(folder.resolve("run/checkpoint.safetensors"))) {
      assertThat(saved.entries().values())
          .extracting(entry -> entry.dtype().tensorType())
          .containsOnly(Optional.of(DType.F32));
    }
  }

  @ParameterizedTest
  @EnumSource
  void bf16GradientsAreFp32sButForRounding(TinyTrainee kind) throws Exception {
    Trainee fp32 = kind.make(DType.F32, Files.createDirectory(folder.resolve("fp32")), resources);
    resources.add(fp32);
    Trainee bf16 = kind.make(DType.BF16, Files.createDirectory(folder.resolve("bf16")), resources);
    resources.add(bf16);
    LowPrecision.assertAgree(fp32, bf16, kind.bf16Percent());
  }

  /** Four latents, over and over. */
  @ParameterizedTest
  @CsvSource({"DENOISER, 200", "XL, 70"})
  void denoisersLearn(TinyTrainee kind, int steps) {
    Trainee trainee = kind.make(DType.F32, folder, resources);
    resources.add(trainee);
    WatchedTrainee watched =
        new WatchedTrainee(trainee)
            .onLoss(
                index ->
                    loss -> {
                      losses.add(loss.total().item());
                      return loss;
                    });
    TrainingLoop.Settings settings =
        LoopSettings.constant(1e-2, steps)
            .optimizer(new AdamW.Settings(0.9, 0.95, 1e-8, 0, true))
            .microBatches(2, 1)
            .sampleEvery(1000)
            .settings();
    new TrainingLoop(watched, settings, folder.resolve("learns"), TinyTrainees.SILENT).run();
    assertThat(losses).hasSize(2 * steps);
    double last = mean(losses.subList(2 * steps - 40, 2 * steps));
    assertThat(last).isLessThan(0.8 * mean(losses.subList(0, 20)));
  }

  private static double mean(List<Double> values) {
    return values.stream().mapToDouble(value -> value).average().orElseThrow();
  }

  @Test
  void aShareOfTheCaptionsIsEmptied() {
    List<String> captions = new ArrayList<>();
    DenoiserTrainee denoiser = watched(pictures -> captions.addAll(pictures.captions()));
    for (int i = 0; i < 400; i++) {
      denoiser.loss(denoiser.parameters(), i).total().close();
    }
    double share = captions.stream().filter(String::isEmpty).count() / (double) captions.size();
    assertThat(share).isCloseTo(TinyTrainees.CAPTION_DROPOUT, Offset.offset(0.04));
  }

  /** A denoiser that learns nothing: {@code watch} is told what it is shown. */
  private DenoiserTrainee watched(Consumer<Objective.Pictures> watch) {
    Objective objective =
        new Objective() {
          @Override
          public Trainee.Loss loss(DenoiserModel model, Pictures pictures, Rng rng) {
            watch.accept(pictures);
            return Trainee.Loss.of(Tensors.zeros(DType.F32));
          }

          @Override
          public void close() {}
        };
    DenoiserTrainee denoiser =
        TinyTrainees.denoiser(TinyTrainees.FLUX, 3, objective, folder, resources);
    resources.add(denoiser);
    return denoiser;
  }

  /** Micro-batches of two sizes hold 2 or 3 pictures. */
  @Test
  void everyMicroBatchSaysHowManyPicturesItHolds() {
    List<Integer> seen = new ArrayList<>();
    DenoiserTrainee denoiser = watched(pictures -> seen.add((int) pictures.clean().size(0)));
    List<Integer> said = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      denoiser.loss(denoiser.parameters(), i).total().close();
      said.add(denoiser.images(i));
    }
    assertThat(said).isEqualTo(seen).contains(2, 3);
  }
}
