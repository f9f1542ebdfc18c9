package io.lssgen.model.vae;

import static io.lssgen.model.GoldenTensors.ROOT;
import static io.lssgen.model.GoldenTensors.maxError;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.errors.ModelException;
import io.lssgen.model.GoldenTensors;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.GradMode;
import io.lssgen.tensor.ScopePerTest;
import io.lssgen.tensor.Tensor;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Activations against diffusers (tools/golden/upsampler_metrics.py): max abs error 1e-4. */
@ExtendWith(ScopePerTest.class)
class PictureAutoencoderTest {
  private static final Path TINY = ROOT.resolve("tiny-autoencoder/tae");

  @Test
  void theTinyDecodersActivationsAreThoseOfDiffusers() {
    GoldenTensors golden = GoldenTensors.read("upsampler/decoder.safetensors");
    try (LoadedPictureAutoencoder tiny = LoadedPictureAutoencoder.open(TINY, DType.F32)) {
      PictureAutoencoder.Inside inside =
          tiny.network().decodeInside(golden.tensor("latents")).orElseThrow();
      assertThat(maxError(inside.picture(), golden.tensor("picture"))).isLessThan(1e-4);
      assertThat(inside.activations()).hasSize(4);
      for (int i = 0; i < 4; i++) {
        assertThat(maxError(inside.activations().get(i), golden.tensor("level" + i)))
            .isLessThan(1e-4);
      }
      Tensor first = tiny.network().firstLevel(golden.tensor("latents")).orElseThrow();
      assertThat(maxError(first, golden.tensor("level0"))).isLessThan(1e-4);
    }
  }

  @Test
  void bothKindsGiveTheirCodecsNumbers() {
    for (Path place : new Path[] {TINY, ROOT.resolve("flux-tiny/vae")}) {
      try (LoadedPictureAutoencoder loaded = LoadedPictureAutoencoder.open(place, DType.F32);
          GradMode off = GradMode.disabled()) {
        Tensor latents = GoldenTensors.read("upsampler/decoder.safetensors").tensor("latents");
        Tensor picture = loaded.network().decode(latents);
        assertThat(maxError(picture, loaded.codec().decode(latents))).isLessThan(1e-4);
        assertThat(maxError(loaded.network().encode(picture), loaded.codec().encode(picture)))
            .isLessThan(1e-3);
      }
    }
  }

  @Test
  void gradientsPassTheDecoder() {
    try (LoadedPictureAutoencoder tiny = LoadedPictureAutoencoder.open(TINY, DType.F32)) {
      Tensor latents =
          GoldenTensors.read("upsampler/decoder.safetensors")
              .tensor("latents")
              .detach()
              .requireGrad(true);
      tiny.network().decode(latents).square().mean().backward();
      assertThat(latents.grad().abs().sum().item()).isPositive();
    }
  }

  @Test
  void whatIsNotThereIsNamedInBothLayouts() {
    Path absent = ROOT.resolve("tiny-autoencoder/none");
    assertThatThrownBy(() -> LoadedPictureAutoencoder.open(absent, DType.F32))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("no autoencoder at " + absent + ": wanted a folder with config.json")
        .hasMessageContaining(absent + "_encoder.safetensors")
        .hasMessageContaining(absent + "_decoder.safetensors")
        .hasMessageContaining("tools/fetch-tae.sh");
  }
}
