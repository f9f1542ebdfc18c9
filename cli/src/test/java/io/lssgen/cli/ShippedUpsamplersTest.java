package io.lssgen.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.lssgen.eval.SceneEvaluation;
import io.lssgen.image.RgbImage;
import io.lssgen.model.ImageTensors;
import io.lssgen.model.vae.AutoencoderKl;
import io.lssgen.model.vae.LoadedAutoencoder;
import io.lssgen.pipeline.EmbeddedModel;
import io.lssgen.scaling.LatentSpace;
import io.lssgen.scaling.LoadedUpsampler;
import io.lssgen.scenes.Placement;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Functional;
import io.lssgen.tensor.GradMode;
import io.lssgen.tensor.Rng;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.weights.ModelConfig;
import io.lssgen.weights.SafetensorsFile;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The upsamplers that come along, for the latent spaces of published models and for our own. */
class ShippedUpsamplersTest {
  private static final Path PHOTOGRAPH =
      TinyModel.GOLDEN.resolve("upsampler/photograph-pairs.safetensors");

  /** What interpolation leaves of the error that a network must be below, whatever its training. */
  private static final double SHARE = 0.9;

  private TensorScope scope;
  private GradMode withoutGradients;

  @BeforeEach
  void open() {
    scope = TensorScope.open();
    withoutGradients = GradMode.disabled();
  }

  @AfterEach
  void close() {
    withoutGradients.close();
    scope.close();
  }

  private static Path folder(LatentSpace space) {
    return EmbeddedModel.upsampler(space).orElseThrow();
  }

  @ParameterizedTest
  @EnumSource
  void theyNameTheirSpace(LatentSpace space) {
    assertThat(ModelConfig.read(folder(space).resolve("config.json")).text("latent_space"))
        .isEqualTo(space.label());
    assertThat(folder(space).resolve("README.md")).isNotEmptyFile();
  }

  /** What is doubled and averaged again is about what it was: nothing is moved or rescaled. */
  @ParameterizedTest
  @EnumSource
  void theyDoubleSmoothLatents(LatentSpace space) {
    try (LoadedUpsampler upsampler = LoadedUpsampler.open(folder(space), DType.F32);
        Rng rng = new Rng(1)) {
      Tensor smooth = // [1, C, 16, 16]
          Functional.upsampleBicubic(rng.randn(1, space.channels(), 4, 4), 16, 16);
      Tensor doubled = upsampler.network().forward(smooth);
      assertThat(doubled.shape()).containsExactly(1, space.channels(), 32, 32);
      assertThat(error(Functional.averagePool(doubled, 2), smooth))
          .isLessThan(0.25 * smooth.square().mean().item());
    }
  }

  /** By latents of a photograph that none was trained on (tools/golden/upsampler_pairs.py). */
  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "SDXL")
  void theyAreCloserToThePhotographThanInterpolation(LatentSpace space) {
    assertBeatsInterpolation(space, "high");
  }

  /**
   * That of SDXL aims at what the way through pixels makes. It is no closer to the photograph's own
   * latents than interpolation, see its card: nothing here says that it is.
   */
  @Test
  void sdxlsIsCloserToTheWayThroughPixelsThanInterpolation() {
    assertBeatsInterpolation(LatentSpace.SDXL, "pixels");
  }

  private static void assertBeatsInterpolation(LatentSpace space, String target) {
    try (SafetensorsFile pairs = SafetensorsFile.open(PHOTOGRAPH)) {
      assertBeatsInterpolation(
          folder(space),
          pairs.tensor(space.label() + ".low").to(DType.F32),
          pairs.tensor(space.label() + "." + target).to(DType.F32));
    }
  }

  /** Ours, by drawn scenes that pass its own autoencoder. */
  @Test
  void oursIsCloserToScenesThanInterpolation() {
    try (LoadedAutoencoder autoencoder =
        LoadedAutoencoder.open(EmbeddedModel.folder().resolve("vae"), DType.F32)) {
      assertBeatsInterpolation(
          EmbeddedModel.folder().resolve("upsampler"),
          encoded(autoencoder.network(), 128),
          encoded(autoencoder.network(), 256));
    }
  }

  private static Tensor encoded(AutoencoderKl autoencoder, int side) {
    SceneEvaluation.Painter painter = CommittedArtwork.painter(side);
    List<RgbImage> pictures =
        CommittedArtwork.prompts(1, Placement.FREE).stream()
            .map(prompt -> painter.paint(prompt, 0))
            .toList();
    Tensor mean = autoencoder.encode(ImageTensors.toTensor(pictures)).mean();
    return autoencoder.config().latentScale().toDenoiser(mean);
  }

  private static void assertBeatsInterpolation(Path folder, Tensor low, Tensor high) {
    Tensor bicubic = Functional.upsampleBicubic(low, high.size(2), high.size(3));
    try (LoadedUpsampler upsampler = LoadedUpsampler.open(folder, DType.F32)) {
      assertThat(error(upsampler.network().forward(low), high))
          .isLessThan(SHARE * error(bicubic, high));
    }
  }

  private static double error(Tensor found, Tensor wanted) {
    return found.sub(wanted).square().mean().item();
  }
}
