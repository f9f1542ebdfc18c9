package io.lssgen.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.lssgen.pipeline.EmbeddedModel;
import io.lssgen.scaling.LatentSpace;
import io.lssgen.scaling.LoadedUpsampler;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Functional;
import io.lssgen.tensor.GradMode;
import io.lssgen.tensor.Rng;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.weights.ModelConfig;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The upsamplers that come along for the latent spaces of published models. */
class ShippedUpsamplersTest {
  /** What is doubled and averaged again is about what it was: nothing is moved or rescaled. */
  @ParameterizedTest
  @EnumSource
  void theyDoubleSmoothLatents(LatentSpace space) {
    Path folder = EmbeddedModel.upsampler(space).orElseThrow();
    assertThat(ModelConfig.read(folder.resolve("config.json")).text("latent_space"))
        .isEqualTo(space.label());
    assertThat(folder.resolve("README.md")).isNotEmptyFile();
    try (TensorScope scope = TensorScope.open();
        GradMode off = GradMode.disabled();
        LoadedUpsampler upsampler = LoadedUpsampler.open(folder, DType.F32);
        Rng rng = new Rng(1)) {
      Tensor smooth = // [1, C, 16, 16]
          Functional.upsampleBicubic(rng.randn(1, space.channels(), 4, 4), 16, 16);
      Tensor doubled = upsampler.network().forward(smooth);
      assertThat(doubled.shape()).containsExactly(1, space.channels(), 32, 32);
      Tensor averaged = Functional.averagePool(doubled, 2);
      double error = averaged.sub(smooth).square().mean().item();
      assertThat(error).isLessThan(0.25 * smooth.square().mean().item());
    }
  }
}
