package io.lssgen.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.errors.ModelException;
import io.lssgen.errors.UsageException;
import io.lssgen.image.RgbImage;
import io.lssgen.sampling.Cancellation;
import io.lssgen.sampling.CancelledException;
import io.lssgen.sampling.Stage;
import io.lssgen.sampling.StagePlan;
import io.lssgen.scaling.ScalingSpace;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.LiveHandles;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TorchRuntime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class TextToImageTest extends TinyPipeline {
  @Test
  void pictureOfBatchEqualsSinglePictureToTheBit() {
    for (ScalingSpace space : List.of(ScalingSpace.NEURAL, ScalingSpace.PIXEL)) {
      GenerationResult batch = model.generate(staged().scaling(space).seed(5).images(3).build());

      assertThat(batch.seeds()).containsExactly(5L, 6L, 7L);
      for (int i = 0; i < 3; i++) {
        GenerationResult single = model.generate(staged().scaling(space).seed(5 + i).build());
        assertThat(single.images()).containsExactly(batch.images().get(i));
      }
      assertThat(batch.images()).doesNotHaveDuplicates();
    }
  }

  @Test
  void repeatedRunsLeaveNoNativeHandles() {
    GenerationRequest request =
        staged().seed(1).images(2).keepStageLatents(true).cfgScale(2).build();
    model.generate(request);
    long before = LiveHandles.settled();
    for (int i = 0; i < 4; i++) {
      model.generate(request);
    }

    assertThat(TorchRuntime.liveHandles()).isEqualTo(before);
  }

  @Test
  void openingAndClosingLeavesNoNativeHandles() {
    PipelineLoader loader = PipelineLoader.of(modelFolder);
    openAndClose(loader);
    long before = LiveHandles.settled();
    for (int i = 0; i < 3; i++) {
      openAndClose(loader);
    }

    assertThat(TorchRuntime.liveHandles()).isEqualTo(before);
  }

  private static void openAndClose(PipelineLoader loader) {
    try (TextToImage opened = loader.load()) {
      opened.generate(staged().seed(1).build()); // reads the upsampler
    }
  }

  @Test
  void randomSeedIsTold() {
    GenerationResult first = model.generate(staged().build());
    GenerationResult again = model.generate(staged().seed(first.seeds().get(0)).build());

    assertThat(first.seeds().get(0)).isBetween(0L, (1L << 32) - 1);
    assertThat(again.images()).isEqualTo(first.images());
  }

  @Test
  void givenNoiseReplacesTheFirstDraw() {
    GenerationRequest seeded = staged().plain(true).seed(3).keepStageLatents(true).build();
    float[] zeros = new float[16 * 8 * 8];
    Latents noise = new Latents(new long[] {1, 16, 8, 8}, zeros);
    GenerationRequest given =
        staged().plain(true).seed(3).latents(noise).keepStageLatents(true).build();

    assertThat(model.generate(given).stageLatents())
        .isNotEqualTo(model.generate(seeded).stageLatents())
        .isEqualTo(model.generate(given).stageLatents());
  }

  @Test
  void noiseOfAnotherShapeIsRefused() {
    Latents noise = new Latents(new long[] {1, 16, 2, 2}, new float[64]);

    assertThatThrownBy(() -> model.generate(staged().latents(noise).build()))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("[1, 16, 4, 4]")
        .hasMessageContaining("[1, 16, 2, 2]");
  }

  @Test
  void cancelledRunEndsAndTheModelStaysUsable() {
    Cancellation cancellation = new Cancellation();
    GenerationListener canceller =
        new GenerationListener() {
          @Override
          public void stepDone(Stage stage, int step, Supplier<Tensor> clean) {
            cancellation.cancel();
          }
        };

    assertThatThrownBy(() -> model.generate(staged().build(), canceller, cancellation))
        .isInstanceOf(CancelledException.class);
    assertThat(model.generate(staged().build()).images()).hasSize(1);
  }

  @Test
  void sizeThatDoesNotFitNamesTheNearest() {
    assertThatThrownBy(() -> model.generate(GenerationRequest.builder("a").size(100, 64).build()))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("100x64")
        .hasMessageContaining("96x64");
  }

  @Test
  void neuralScalingWithoutUpsamplerSaysWhatToDo() {
    Path bare = folder.resolve("bare");
    TinyModels.copy(TinyModels.golden("flux-tiny"), bare);
    try (TextToImage plainModel = PipelineLoader.of(bare).load()) {
      assertThatThrownBy(() -> plainModel.generate(staged().build()))
          .isInstanceOf(ModelException.class)
          .hasMessageContaining("upsampler")
          .hasMessageContaining("bicubic");
      assertThat(plainModel.generate(staged().scaling(ScalingSpace.BICUBIC).build()).images())
          .hasSize(1);
      assertThat(plainModel.generate(staged().plain(true).build()).images()).hasSize(1);
    }
  }

  @Test
  void damagedUpsamplerOfItsOwnFailsOnlyRunsThatScaleByIt() throws IOException {
    Path damaged = TinyModels.create(folder.resolve("damaged"), "dev");
    Files.writeString(damaged.resolve("upsampler/config.json"), "{");
    List<String> heard = new ArrayList<>();
    GenerationListener listener =
        new GenerationListener() {
          @Override
          public void imageStarted(int index, long seed, StagePlan plan) {
            heard.add("begin");
          }
        };
    try (TextToImage tiny = PipelineLoader.of(damaged).load()) {
      assertThat(tiny.generate(staged().plain(true).build()).images()).hasSize(1);
      assertThat(tiny.generate(staged().scaling(ScalingSpace.BICUBIC).build()).images()).hasSize(1);
      assertThatThrownBy(() -> tiny.generate(staged().build(), listener, new Cancellation()))
          .isInstanceOf(ModelException.class)
          .hasMessageContaining("config.json");
      assertThat(heard).as("what was begun before the upsampler was read").isEmpty();
    }
    PipelineLoader named = PipelineLoader.of(modelFolder).upsampler(damaged.resolve("upsampler"));
    assertThatThrownBy(named::load)
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("config.json");
  }

  @Test
  void upsamplerFromAnotherPlaceIsUsed() {
    Path bare = folder.resolve("bare2");
    TinyModels.copy(TinyModels.golden("flux-tiny"), bare);
    try (TextToImage other =
        PipelineLoader.of(bare).upsampler(TinyModels.golden("upsampler-tiny")).load()) {
      assertThat(other.generate(staged().seed(4).build()).images())
          .isEqualTo(model.generate(staged().seed(4).build()).images());
    }
  }

  @Test
  void halfPrecisionIsCloseToSinglePrecision() {
    try (TextToImage half = PipelineLoader.of(modelFolder).dtype(DType.BF16).load()) {
      float[] found = last(half.generate(staged().seed(2).keepStageLatents(true).build()));
      float[] wanted = last(model.generate(staged().seed(2).keepStageLatents(true).build()));
      double error = 0;
      for (int i = 0; i < wanted.length; i++) {
        error += Math.abs(found[i] - wanted[i]) / wanted.length;
      }
      // bf16 has 8 bits of mantissa: 1/256 for each of some ten evaluations.
      assertThat(error).isBetween(1e-6, 0.05);
    }
  }

  private static float[] last(GenerationResult result) {
    return result.stageLatents().get(result.stageLatents().size() - 1).values();
  }

  @Test
  void modelsOwnDefaultsAndVocabularyCount() throws IOException {
    Path own = TinyModels.create(folder.resolve("own"), "dev");
    Files.writeString(
        own.resolve(ModelDefaults.FILE),
        """
        {"name": "tiny", "steps": 3, "width": 64, "height": 32, "min_size": 16,
         "base_width": 64, "base_height": 64, "shorten": false, "guidance": 2.5,
         "vocabulary": ["a", "red", "apple"]}
        """);
    try (TextToImage tiny = PipelineLoader.of(own).load()) {
      GenerationResult result = tiny.generate(GenerationRequest.of("a red Zebra, a red apple"));

      assertThat(tiny.defaults().name()).isEqualTo("tiny");
      assertThat(result.plan().requestedSteps()).isEqualTo(3);
      assertThat(result.plan().stages()).hasSize(2);
      assertThat(result.images().get(0).width()).isEqualTo(64);
      assertThat(result.images().get(0).height()).isEqualTo(32);
      assertThat(result.recipe().guidance()).hasValue(2.5);
      assertThat(result.warnings()).singleElement().asString().contains("Zebra").contains("tiny");
    }
  }

  @Test
  void settingsWithoutEffectAreToldOf() {
    GenerationResult result = model.generate(staged().negativePrompt("a dog").build());

    assertThat(result.warnings()).singleElement().asString().contains("negative prompt");
  }

  @Test
  void closedModelRefusesWork() {
    TextToImage closed = PipelineLoader.of(modelFolder).load();
    closed.close();
    closed.close();

    assertThatThrownBy(() -> closed.generate(staged().build()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
  }

  @Test
  void previewOfLastStageIsThePicture() {
    List<RgbImage> seen = new ArrayList<>();
    List<RgbImage> small = new ArrayList<>();
    GenerationListener listener =
        new GenerationListener() {
          @Override
          public void stageDone(Stage stage, Tensor clean) {
            seen.add(model.preview(clean, 1024));
            small.add(model.preview(clean, 32));
          }
        };

    GenerationResult result =
        model.generate(staged().seed(4).build(), listener, new Cancellation());

    assertThat(seen.get(0).width()).isEqualTo(32);
    assertThat(seen.get(1)).isEqualTo(result.images().get(0));
    assertThat(small.get(1).width()).isEqualTo(32);
  }

  @Test
  void previewsOfNarrowPicturesHaveBothSides() {
    List<RgbImage> small = new ArrayList<>();
    GenerationListener listener =
        new GenerationListener() {
          @Override
          public void stageDone(Stage stage, Tensor clean) {
            small.add(model.preview(clean, 32));
          }
        };
    GenerationRequest narrow =
        GenerationRequest.builder("a cat").width(512).height(16).steps(1).plain(true).build();
    model.generate(narrow, listener, new Cancellation());

    assertThat(small).singleElement().extracting(RgbImage::height).isNotEqualTo(0);
  }

  @Test
  void tokensAreThoseOfThePrompt() {
    assertThat(model.tokens("").tokens()).isZero();
    assertThat(model.tokens(PROMPT).tokens()).isGreaterThan(model.tokens("a").tokens());
    assertThat(model.tokens(PROMPT).limit()).isPositive();
  }
}
