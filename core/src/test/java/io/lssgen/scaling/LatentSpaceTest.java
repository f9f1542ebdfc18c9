package io.lssgen.scaling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.errors.ModelException;
import io.lssgen.model.GoldenTensors;
import io.lssgen.model.LatentCodec;
import io.lssgen.model.vae.LatentScale;
import io.lssgen.model.vae.LoadedPictureAutoencoder;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.GradMode;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** With the autoencoders of the tiny models, whose scales are the published ones. */
class LatentSpaceTest {
  private static final String WEIGHTS = "diffusion_pytorch_model.safetensors";

  @TempDir Path copies;

  /** The tiny diffusion models share their weights; the others have configurations alone. */
  private LoadedPictureAutoencoder open(String name) {
    Path folder = GoldenTensors.ROOT.resolve(name);
    if (!name.startsWith("diffusion-tiny")) {
      return LoadedPictureAutoencoder.open(folder, DType.F32);
    }
    try {
      Path weights = GoldenTensors.ROOT.resolve("diffusion-tiny/sd/vae").resolve(WEIGHTS);
      Files.copy(weights, copies.resolve(WEIGHTS), StandardCopyOption.REPLACE_EXISTING);
      Files.copy(
          folder.resolve("config.json"),
          copies.resolve("config.json"),
          StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return LoadedPictureAutoencoder.open(copies, DType.F32);
  }

  @ParameterizedTest
  @CsvSource({
    "flux-tiny/vae, FLUX.1, FLUX",
    "diffusion-tiny/sd/vae, Stable Diffusion, SD",
    "diffusion-tiny/sdxl/vae, SDXL, SDXL",
    "diffusion-tiny/playground/vae, Playground v2.5, SDXL",
    "diffusion-tiny/sdxl/vae, Stable Diffusion, SDXL",
    "tiny-autoencoder, FLUX.1, FLUX",
    "tiny-autoencoder, Stable Diffusion 3, SD3",
    "tiny-autoencoder, Stable Diffusion, ''"
  })
  void isKnownByItsNumbersOrTheModelsFamily(String folder, String family, String space) {
    try (LoadedPictureAutoencoder loaded = open(folder)) {
      assertThat(LatentSpace.of(loaded.codec(), family).map(Enum::name).orElse(""))
          .isEqualTo(space);
    }
  }

  @Test
  void anAutoencoderThatNoOneSharesIsNone() {
    try (LoadedPictureAutoencoder loaded = open("vae16-plain")) {
      assertThat(LatentSpace.of(loaded.codec(), "FLUX.1")).isEmpty();
    }
  }

  /** Converted, doubled and converted back: the network sees SDXL's numbers. */
  @Test
  void latentsOfPlaygroundAreConvertedAroundSdxlsNetwork() {
    try (LoadedPictureAutoencoder playground = open("diffusion-tiny/playground/vae");
        LoadedUpsampler sdxl =
            LoadedUpsampler.open(GoldenTensors.ROOT.resolve("upsampler-residual"), DType.F32);
        TensorScope scope = TensorScope.open();
        GradMode off = GradMode.disabled()) {
      LatentCodec codec = playground.codec();
      LatentScale ours = codec.scale().orElseThrow();
      LatentScale theirs = LatentSpace.SDXL.scale();
      Tensor own = GoldenTensors.read("upsampler/networks.safetensors").tensor("latents").mul(4);
      Tensor found =
          NeuralScaler.of(sdxl.network(), codec, DType.F32)
              .scale(ours.toDenoiser(own), shape -> null);
      Tensor doubled = sdxl.network().forward(theirs.toDenoiser(own));
      assertThat(GoldenTensors.maxError(ours.toAutoencoder(found), theirs.toAutoencoder(doubled)))
          .isLessThan(1e-3);
    }
  }

  @Test
  void anUpsamplerOfAnotherSpaceIsRefused() {
    try (LoadedPictureAutoencoder sd = open("diffusion-tiny/sd/vae");
        LoadedUpsampler sdxl =
            LoadedUpsampler.open(GoldenTensors.ROOT.resolve("upsampler-residual"), DType.F32)) {
      assertThatThrownBy(() -> NeuralScaler.of(sdxl.network(), sd.codec(), DType.F32))
          .isInstanceOf(ModelException.class)
          .hasMessageContaining("trained for sdxl latents")
          .hasMessageContaining("0.18215");
    }
  }
}
