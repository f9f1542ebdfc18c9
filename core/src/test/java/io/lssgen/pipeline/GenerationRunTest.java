package io.lssgen.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import io.lssgen.errors.LssGenException;
import io.lssgen.errors.UsageException;
import io.lssgen.files.AtomicFile.IfExists;
import io.lssgen.image.AiDisclosure;
import io.lssgen.image.GenerationMetadata;
import io.lssgen.image.ImageFiles;
import io.lssgen.image.Mask;
import io.lssgen.image.PngTexts;
import io.lssgen.image.RgbImage;
import io.lssgen.sampling.Cancellation;
import io.lssgen.sampling.Stage;
import io.lssgen.sampling.StagePlan;
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
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What a run tells its listener and its result. */
class GenerationRunTest extends TinyPipeline {
  @Test
  void picturesThatTheListenerTakesAreNotKept() {
    List<RgbImage> heard = new ArrayList<>();
    GenerationListener taker =
        new GenerationListener() {
          @Override
          public void imageDone(int index, long seed, RgbImage image) {
            heard.add(image);
          }
        };
    GenerationRequest.Builder two = staged().seed(5).images(2);

    GenerationResult result =
        model.generate(two.keepImages(false).build(), taker, new Cancellation());

    assertThat(result.images()).isEmpty();
    assertThat(result.seeds()).containsExactly(5L, 6L);
    assertThat(heard).isEqualTo(model.generate(two.keepImages(true).build()).images());
  }

  @Test
  void aWrittenPictureSaysHowItWasMade() {
    GenerationResult result = model.generate(staged().seed(7).images(2).build());
    Path file = folder.resolve("second.png");
    result.write(1, file);

    GenerationMetadata metadata = GenerationMetadata.read(file).orElseThrow();
    assertThat(ImageFiles.read(file)).isEqualTo(result.images().get(1));
    assertThat(metadata.prompt()).isEqualTo(PROMPT);
    assertThat(metadata.settings())
        .containsEntry("Seed", "8")
        .containsEntry("Size", "64x64")
        .containsEntry("Steps", "4");
    assertThat(metadata.settings().get("Version")).matches("lssgen \\d+\\.\\d+\\.\\d+(-SNAPSHOT)?");
    assertThat(PngTexts.read(file).toString()).contains(AiDisclosure.SOURCE_TYPE);
    assertThatThrownBy(() -> result.write(0, file))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("already exists");
    result.write(0, file, IfExists.REPLACE);
    assertThat(ImageFiles.read(file)).isEqualTo(result.images().get(0));
  }

  @Test
  void noiseThatIsNoNumberGivesNoPicture() {
    float[] values = new float[2 * 16 * 4 * 4];
    values[values.length - 1] = Float.NaN; // in the second picture's
    GenerationRequest request =
        staged().seed(3).images(2).latents(new Latents(new long[] {2, 16, 4, 4}, values)).build();
    List<Integer> heard = new ArrayList<>();
    GenerationListener listener =
        new GenerationListener() {
          @Override
          public void imageDone(int index, long seed, RgbImage image) {
            heard.add(index);
          }
        };

    assertThatThrownBy(() -> model.generate(request, listener, new Cancellation()))
        .isInstanceOf(LssGenException.class)
        .hasMessageContaining("seed 4")
        .hasMessageContaining("NaN")
        .hasMessageContaining("weights");
    assertThat(heard).containsExactly(0);
    try (TextToImage half = PipelineLoader.of(modelFolder).dtype(DType.BF16).load()) {
      assertThatThrownBy(() -> half.generate(request)).hasMessageContaining("--dtype fp32");
    }
  }

  @Test
  void settingsWithoutEffectAreTold() {
    GenerationRequest.Builder rescaled = staged().guidanceRescale(0.5).negativePrompt("a dog");

    assertThat(model.generate(rescaled.cfgScale(1).build()).warnings())
        .containsExactly(
            "the negative prompt has no effect unless the CFG scale is above 1",
            "the guidance rescale has no effect unless the CFG scale is above 1");
    assertThat(model.generate(rescaled.cfgScale(1.5).guidance(1).build()).warnings()).isEmpty();
  }

  @Test
  void aPictureCanBeBegunWith() {
    RgbImage image = model.generate(staged().plain(true).seed(1).build()).images().get(0);
    GenerationRequest.Builder again = GenerationRequest.builder("a dog").steps(4).seed(2);

    GenerationResult result = model.generate(again.initialPicture(image, 0.5).build());

    assertThat(result.images().get(0).width()).isEqualTo(image.width());
    assertThat(result.plan().stages()).singleElement().extracting(Stage::steps).isEqualTo(2);
    assertThat(result.recipe().metadata(2).settings()).containsEntry("Denoising strength", "0.5");
    Path file = folder.resolve("edited.png");
    result.write(0, file);
    assertThat(PngTexts.read(file).toString())
        .contains(AiDisclosure.EDITED_TYPE)
        .doesNotContain(AiDisclosure.SOURCE_TYPE);
    assertThat(result.warnings()).isEmpty();
    assertThat(model.warnings(model.recipe(again.size(64, 32).minSize(32).build())))
        .anySatisfy(text -> assertThat(text).contains("cut off", "64x32"))
        .anySatisfy(text -> assertThat(text).contains("scaling has no effect"));
    assertThatThrownBy(() -> model.plan(again.size(65, 32).build()))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("65x32");
  }

  /** The left half stays to the bit, whatever the autoencoder makes of it. */
  @Test
  void aPartOfAPictureCanBeMadeAnew() {
    RgbImage image = model.generate(staged().plain(true).seed(1).build()).images().get(0);
    Mask mask = Mask.of(rightHalf(image.width(), image.height()));
    GenerationRequest.Builder again = staged().seed(2);

    GenerationResult result = model.generate(again.initialPicture(image, 1, mask).build());

    RgbImage made = result.images().get(0);
    int half = image.width() / 2;
    assertThat(made.crop(0, 0, half, image.height()))
        .isEqualTo(image.crop(0, 0, half, image.height()));
    assertThat(made.crop(half, 0, half, image.height()))
        .isNotEqualTo(image.crop(half, 0, half, image.height()));
    assertThat(result.recipe().metadata(2).settings())
        .containsEntry("Denoising strength", "1.0")
        .containsEntry("Mask hash", mask.fingerprint());
    assertThat(result.warnings()).isEmpty();
    assertThat(result.plan()).as("as without it").isEqualTo(model.plan(staged().build()));
    StagePlan begun = model.plan(again.initialPicture(image, 0.5, mask).build());
    assertThat(begun.stages()).singleElement().extracting(Stage::steps).isEqualTo(2);
  }

  @Test
  void masksLeaveNoNativeHandles() {
    RgbImage image = model.generate(staged().plain(true).seed(1).build()).images().get(0);
    Mask mask = Mask.of(rightHalf(image.width(), image.height()));
    GenerationRequest request = staged().seed(1).initialPicture(image, 1, mask).build();
    model.generate(request);
    long before = LiveHandles.settled();
    for (int i = 0; i < 4; i++) {
      model.generate(request);
    }

    assertThat(TorchRuntime.liveHandles()).isEqualTo(before);
  }

  private static RgbImage rightHalf(int width, int height) {
    byte[] rgb = new byte[3 * width * height];
    for (int i = 0; i < rgb.length; i++) {
      rgb[i] = (byte) (2 * (i / 3 % width) >= width ? 255 : 0);
    }
    return new RgbImage(width, height, rgb);
  }

  @Test
  void guidingTwiceIsTold() {
    GenerationRequest.Builder guided = staged().guidance(3.5).negativePrompt("a dog");

    assertThat(model.generate(guided.cfgScale(7).build()).warnings())
        .singleElement(STRING)
        .contains("guidance 3.5", "CFG scale of 7.0", "1 switches it off");
    assertThat(model.generate(guided.cfgScale(7).guidance(1).build()).warnings()).isEmpty();
  }

  @Test
  void guidanceThatTheModelNeverSawIsTold() throws IOException {
    Path own = TinyModels.create(folder.resolve("distilled"), "dev");
    Files.writeString(
        own.resolve(ModelDefaults.FILE), "{\"name\": \"tiny\", \"guidance_range\": [1, 5]}");
    try (TextToImage distilled = PipelineLoader.of(own).load()) {
      for (double scale : new double[] {0.5, 50}) {
        assertThat(distilled.generate(staged().guidance(scale).build()).warnings())
            .singleElement(STRING)
            .contains("guidance " + scale, "tiny", "1.0 to 5.0");
      }
      for (double scale : new double[] {1, 5}) {
        assertThat(distilled.generate(staged().guidance(scale).build()).warnings()).isEmpty();
      }
    }
    assertThat(model.generate(staged().guidance(50).build()).warnings()).isEmpty();
  }

  @Test
  void listenerHearsEveryPictureStageAndStep() {
    List<String> heard = new ArrayList<>();
    GenerationListener listener =
        new GenerationListener() {
          @Override
          public void imageStarted(int index, long seed, StagePlan plan) {
            heard.add("begin " + index);
          }

          @Override
          public void stepDone(Stage stage, int step, Supplier<Tensor> clean) {
            heard.add(stage.index() + "." + step);
          }

          @Override
          public void imageDone(int index, long seed, RgbImage image) {
            heard.add("end " + index + " " + image.width());
          }
        };

    GenerationRequest request = staged().steps(2).seed(1).images(2).build();
    model.generate(request, listener, new Cancellation());

    List<String> picture = List.of("0.1", "0.2", "1.1", "1.2");
    List<String> wanted = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      wanted.add("begin " + i);
      wanted.addAll(picture);
      wanted.add("end " + i + " 64");
    }
    assertThat(heard).isEqualTo(wanted);

    heard.clear();
    model.generate(request, listener.and(listener), new Cancellation());
    assertThat(heard).isEqualTo(wanted.stream().flatMap(each -> Stream.of(each, each)).toList());
  }

  @Test
  void askedToStopItFinishesThePictureUnderWay() {
    Cancellation cancellation = new Cancellation();
    GenerationListener stopper =
        new GenerationListener() {
          @Override
          public void imageStarted(int index, long seed, StagePlan plan) {
            if (index == 1) {
              cancellation.stopAfterImage();
            }
          }
        };

    GenerationResult result =
        model.generate(staged().seed(1).images(4).build(), stopper, cancellation);

    assertThat(result.images()).hasSize(2);
    assertThat(result.seeds()).containsExactly(1L, 2L);
  }

  @Test
  void timesCoverTheParts() {
    GenerationResult result = model.generate(staged().seed(1).images(2).build());

    GenerationTimes times = result.times();
    double parts =
        times.text()
            + times.scale()
            + times.decode()
            + times.denoise().stream().mapToDouble(Double::doubleValue).sum();
    assertThat(times.denoise()).hasSize(2).allMatch(seconds -> seconds > 0);
    assertThat(parts).isBetween(0.0, times.total());
    assertThat(times.scale()).isPositive();
    assertThat(times.decode()).isPositive();
  }
}
