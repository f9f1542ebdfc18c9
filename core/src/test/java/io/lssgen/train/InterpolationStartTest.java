package io.lssgen.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.errors.ModelException;
import io.lssgen.nn.Parameters;
import io.lssgen.scaling.LatentUpsamplerConfig;
import io.lssgen.tensor.Functional;
import io.lssgen.tensor.GradMode;
import io.lssgen.tensor.Rng;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Torch's own bilinear interpolation is what a published network begins at. */
class InterpolationStartTest {
  private static final int SIDE = 12;

  private static LatentUpsamplerConfig config(int channels, int width, int groups) {
    return new LatentUpsamplerConfig(
        channels, List.of(width, width / 2), List.of(true, false), groups);
  }

  /** Mean squares of what is wrong, over those of the interpolation. */
  private static double error(LatentUpsamplerConfig config, double contrast, double level) {
    try (TensorScope scope = TensorScope.open();
        GradMode off = GradMode.disabled();
        Rng rng = new Rng(7);
        TrainableParameters parameters = TrainableParameters.fresh(config::network, rng)) {
      InterpolationStart.apply(config, parameters);
      Tensor latents = rng.randn(2, config.channels(), SIDE, SIDE).mul(contrast).add(level);
      Tensor wanted = Functional.upsampleBilinear(latents, 2 * SIDE, 2 * SIDE);
      Tensor wrong = config.network(Parameters.of(parameters)).forward(latents).sub(wanted);
      return wrong.square().mean().item() / wanted.square().mean().item();
    }
  }

  @ParameterizedTest
  @CsvSource({"4,64", "16,128"})
  void publishedWidthsBeginAtInterpolation(int channels, int width) {
    assertThat(error(config(channels, width, 1), 1, 0)).isLessThan(0.01);
  }

  /** What a normalisation takes away otherwise. */
  @ParameterizedTest
  @CsvSource({"0.3,0", "0.5,1", "1.5,0"})
  void contrastAndLevelStay(double contrast, double level) {
    assertThat(error(config(4, 64, 1), contrast, level)).isLessThan(0.05);
  }

  @Test
  void whatCannotBeginSoIsRefused() {
    assertThatThrownBy(() -> error(config(4, 64, 32), 1, 0))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("norm_num_groups: 1")
        .hasMessageContaining("found 32");
    assertThatThrownBy(() -> error(config(16, 64, 1), 1, 0))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("more than 34")
        .hasMessageContaining("found 32");
  }
}
