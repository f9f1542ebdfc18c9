package io.lssgen.train;

import static io.lssgen.model.GoldenTensors.ROOT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.errors.LssGenException;
import io.lssgen.errors.ModelException;
import io.lssgen.image.ImageFiles;
import io.lssgen.model.ImageTensors;
import io.lssgen.model.vae.LoadedPictureAutoencoder;
import io.lssgen.nn.Parameters;
import io.lssgen.scaling.LatentSpace;
import io.lssgen.scaling.LatentUpsamplerConfig;
import io.lssgen.scaling.LoadedUpsampler;
import io.lssgen.scaling.PixelScaler;
import io.lssgen.scaling.ShuffleUpsamplerConfig;
import io.lssgen.scaling.UpsamplerConfig;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Functional;
import io.lssgen.tensor.GradMode;
import io.lssgen.tensor.LiveHandles;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import io.lssgen.tensor.TorchRuntime;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Networks, loss terms and pairs over the tiny autoencoder. */
class UpsamplerTraineeTest {
  private static final UpsamplerConfig SHUFFLE =
      new ShuffleUpsamplerConfig(16, 8, 1, Optional.of(LatentSpace.FLUX));
  private static final UpsamplerConfig RESIDUAL =
      new LatentUpsamplerConfig(16, List.of(4, 4), List.of(true, false), 2, true, Optional.empty());

  @TempDir Path folder;
  private final List<AutoCloseable> resources = new ArrayList<>();

  @BeforeEach
  void oneThread() {
    TorchRuntime.threads(1);
  }

  @AfterEach
  void closeAll() throws Exception {
    TinyTrainees.close(resources);
  }

  private static TrainingLoop.Settings steps(int count) {
    return LoopSettings.constant(3e-3, count).sampleEvery(count).settings();
  }

  /** The losses of a run, and the handles before each step. */
  private List<Double> learn(UpsamplerTrainee trainee, int steps, List<Long> handles) {
    resources.add(trainee);
    List<Double> losses = new ArrayList<>();
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
    LiveHandles.settled(); // so that nothing of earlier tests is freed on the way
    new TrainingLoop(watched, steps(steps), folder.resolve("run"), TinyTrainees.SILENT).run();
    return losses;
  }

  @Test
  void everyTermLetsTheNetworkLearnAndLeaksNothing() {
    List<UpsamplerLoss> terms =
        List.of(
            new UpsamplerLoss(1, 0, 0, 0, 0, 0, 0, 0),
            new UpsamplerLoss(0, 1, 0, 0, 0, 0, 0, 0),
            new UpsamplerLoss(0, 0, 1, 0, 0, 0, 0, 0),
            new UpsamplerLoss(0, 0, 0, 1, 0, 0, 0, 0),
            new UpsamplerLoss(0, 0, 0, 0, 1, 0, 0, 0),
            new UpsamplerLoss(0, 0, 0, 0, 0, 1, 0, 0),
            new UpsamplerLoss(0, 0, 0, 0, 0, 0, 1, 0),
            new UpsamplerLoss(0, 0, 0, 0, 0, 0, 0, 1));
    for (UpsamplerLoss term : terms) {
      folder = folder.resolve("next");
      List<Long> handles = new ArrayList<>();
      List<Double> losses =
          learn(TinyTrainees.upsamplerOfTiny(SHUFFLE, term, resources), 20, handles);
      assertThat(mean(losses.subList(15, 20))) // the pictures' colours come again after five
          .as("%s: %s", term, losses)
          .isLessThan(mean(losses.subList(0, 5)));
      assertThat(handles.subList(3, 20)).as(term.toString()).containsOnly(handles.get(3));
    }
  }

  private static double mean(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
  }

  @Test
  void aFreshResidualNetworkIsBicubicInterpolation() {
    for (UpsamplerConfig config : List.of(SHUFFLE, RESIDUAL)) {
      UpsamplerTrainee trainee =
          TinyTrainees.upsamplerOfTiny(
              config, new UpsamplerLoss(1, 0, 0, 0, 0, 0, 0, 0), resources);
      resources.add(trainee);
      try (TensorScope scope = TensorScope.open();
          GradMode off = GradMode.disabled()) {
        Tensor latents = TinyTrainees.noise(1, 1, 16, 4, 6);
        Tensor doubled = config.network(Parameters.of(trainee.parameters())).forward(latents);
        Tensor wanted = Functional.upsampleBicubic(latents, 8, 12);
        assertThat(doubled.sub(wanted).abs().amax(false, 0, 1, 2, 3).item()).isLessThan(1e-6);
      }
    }
  }

  @Test
  void whatIsWrittenSaysItsSpaceAndCanBeLoaded() {
    learn(
        TinyTrainees.upsamplerOfTiny(SHUFFLE, new UpsamplerLoss(1, 0, 0, 1, 0, 0, 0, 0), resources),
        2,
        new ArrayList<>());
    try (LoadedUpsampler written =
        LoadedUpsampler.open(folder.resolve("run/model/upsampler"), DType.F32)) {
      assertThat(written.network().config()).isEqualTo(SHUFFLE);
    }
    assertThat(ImageFiles.read(folder.resolve("run/sample-0000002.png")).width())
        .isEqualTo(64 * PictureBatches.SHOWN);
  }

  @Test
  void otherChannelsThanTheAutoencodersAreRefusedWithBothNumbers() {
    assertThatThrownBy(
            () ->
                TinyTrainees.upsamplerOfTiny(
                    LatentUpsamplerConfig.forChannels(4),
                    new UpsamplerLoss(1, 0, 0, 0, 0, 0, 0, 0),
                    resources))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("4 channels")
        .hasMessageContaining("have 16");
  }

  private LoadedPictureAutoencoder tiny() {
    LoadedPictureAutoencoder loaded =
        LoadedPictureAutoencoder.open(ROOT.resolve("tiny-autoencoder/tae"), DType.F32);
    resources.add(loaded);
    return loaded;
  }

  private CachedPairs cached(LoadedPictureAutoencoder tiny, double reencoded, String origin) {
    UpsamplerTrainee.Settings settings =
        new UpsamplerTrainee.Settings(
            32,
            2,
            2,
            0,
            new UpsamplerLoss(1, 0, 0, 0, 0, 0, 0, 0),
            0,
            new ChannelMixing(0),
            DType.F32,
            1);
    return CachedPairs.open(
        new CachedPairs.Place(folder.resolve("pairs.bin"), 5, origin),
        TinyTrainees::picture,
        encoder(tiny, reencoded, PairTarget.PICTURE),
        settings,
        new CachedPairs.Shape(16, 2, 32),
        TinyTrainees.SILENT);
  }

  /** The picture in a pair encodes to the latents in it, which bf16 rounds. */
  @Test
  void pairsFromDiskBelongTogether() {
    LoadedPictureAutoencoder tiny = tiny();
    try (CachedPairs pairs = cached(tiny, 0, "formula");
        TensorScope scope = TensorScope.open();
        GradMode off = GradMode.disabled()) {
      for (long i = 0; i < 6; i++) {
        UpsamplerPairs.Pair pair = pairs.get(i);
        Tensor again = tiny.network().encode(pair.pictures());
        assertThat(pair.low().shape()).containsExactly(2, 16, 2, 2);
        assertThat(pair.high().sub(again).abs().amax(false, 0, 1, 2, 3).item())
            .isLessThan(0.02 * again.abs().amax(false, 0, 1, 2, 3).item() + 0.02);
      }
    }
  }

  @Test
  void pairsOfAnotherOriginAreRefused() {
    LoadedPictureAutoencoder tiny = tiny();
    cached(tiny, 0, "formula").close();
    assertThatThrownBy(() -> cached(tiny, 0, "other pictures"))
        .isInstanceOf(LssGenException.class)
        .hasMessageContaining("holds latents of");
  }

  @Test
  void reencodedLatentsDifferAndTheTruthDoesNot() {
    LoadedPictureAutoencoder tiny = tiny();
    try (TensorScope scope = TensorScope.open()) {
      Tensor pictures =
          ImageTensors.toTensor(List.of(TinyTrainees.picture(1, 32), TinyTrainees.picture(2, 32)));
      UpsamplerPairs.Pair plain = encode(tiny, 0, pictures);
      UpsamplerPairs.Pair passed = encode(tiny, 1, pictures);
      assertThat(passed.high().toFloatArray()).isEqualTo(plain.high().toFloatArray());
      assertThat(passed.low().toFloatArray()).isNotEqualTo(plain.low().toFloatArray());
      assertThat(scope).isNotNull();
    }
  }

  private static UpsamplerPairs.Pair encode(
      LoadedPictureAutoencoder tiny, double reencoded, Tensor pictures) {
    return encoder(tiny, reencoded, PairTarget.PICTURE).encode(pictures, 0);
  }

  private static PairEncoder encoder(
      LoadedPictureAutoencoder tiny, double reencoded, PairTarget target) {
    return new PairEncoder(
        tiny.network(),
        new PairEncoder.Settings(ShareTables.AREA, reencoded, DType.F32, 1),
        target);
  }

  /** The target is what a run that scales through pixels would get. */
  @Test
  void latentsThroughPixelsAreThoseOfTheScaler() {
    LoadedPictureAutoencoder tiny = tiny();
    try (TensorScope scope = TensorScope.open();
        GradMode off = GradMode.disabled()) {
      Tensor pictures = ImageTensors.toTensor(List.of(TinyTrainees.picture(1, 32)));
      UpsamplerPairs.Pair pair = encoder(tiny, 1, PairTarget.PIXELS).encode(pictures, 0);
      Tensor scaled =
          new PixelScaler(tiny.codec()).scale(pair.low(), shape -> Tensors.zeros(DType.F32, shape));

      assertThat(pair.high().toFloatArray()).isEqualTo(scaled.toFloatArray());
      assertThat(pair.high().toFloatArray())
          .isNotEqualTo(encode(tiny, 1, pictures).high().toFloatArray());
    }
  }
}
