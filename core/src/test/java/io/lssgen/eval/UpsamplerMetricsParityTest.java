package io.lssgen.eval;

import static io.lssgen.model.GoldenTensors.ROOT;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lssgen.image.RgbImage;
import io.lssgen.model.GoldenTensors;
import io.lssgen.scaling.DctScaler;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import java.io.IOException;
import org.assertj.core.data.Offset;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Against scikit-image, numpy and scipy (tools/golden/upsampler_metrics.py). */
class UpsamplerMetricsParityTest {
  private TensorScope scope;
  private GoldenTensors golden;
  private JsonNode wanted;

  @BeforeEach
  void read() throws IOException {
    scope = TensorScope.open();
    golden = GoldenTensors.read("upsampler/metrics.safetensors");
    wanted =
        new ObjectMapper().readTree(ROOT.resolve("upsampler").resolve("metrics.json").toFile());
  }

  @AfterEach
  void close() {
    scope.close();
  }

  @Test
  void similarityIsThatOfScikitImage() {
    Tensor first = golden.tensor("first");
    assertThat(Ssim.mean(first, golden.tensor("second")).item())
        .isCloseTo(wanted.get("ssim").asDouble(), Offset.offset(1e-5));
    assertThat(Ssim.mean(first, first).item()).isCloseTo(1, Offset.offset(1e-6));
  }

  @Test
  void similarityHasGradients() {
    Tensor second = golden.tensor("second").detach().requireGrad(true);
    Ssim.mean(golden.tensor("first"), second).backward();
    assertThat(second.grad().abs().sum().item()).isPositive();
  }

  @Test
  void theSpectrumsErrorIsThatOfNumpy() {
    Tensor first = golden.tensor("first");
    assertThat(RadialSpectrum.error(first, golden.tensor("second")))
        .isCloseTo(wanted.get("spectrum").asDouble(), Offset.offset(1e-3));
    assertThat(RadialSpectrum.error(first, first)).isZero();
  }

  @Test
  void sharpnessIsTheLaplaciansVarianceOfScipy() throws IOException {
    Tensor picture = GoldenTensors.read("upsampler/resampled.safetensors").tensor("picture");
    RgbImage image =
        new RgbImage((int) picture.size(1), (int) picture.size(0), picture.toByteArray());
    double scipy =
        new ObjectMapper()
            .readTree(ROOT.resolve("upsampler/sharpness.json").toFile())
            .get("laplacian_variance")
            .asDouble();
    assertThat(Sharpness.of(image)).isCloseTo(scipy, Percentage.withPercentage(1e-7));
  }

  @Test
  void theCosineTransformIsThatOfScipy() {
    Tensor doubled = new DctScaler().scale(golden.tensor("latents"), shape -> null);
    assertThat(GoldenTensors.maxError(doubled, golden.tensor("dct"))).isLessThan(1e-5);
  }

  @Test
  void whatIsConstantStaysWhatItIs() {
    Tensor flat = Tensors.full(0.7, DType.F32, 1, 2, 4, 6);
    Tensor doubled = new DctScaler().scale(flat, shape -> null);
    assertThat(GoldenTensors.maxError(doubled, Tensors.full(0.7, DType.F32, 1, 2, 8, 12)))
        .isLessThan(1e-5);
  }
}
