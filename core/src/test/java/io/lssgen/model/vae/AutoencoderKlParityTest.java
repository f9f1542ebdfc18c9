package io.lssgen.model.vae;

import static io.lssgen.model.GoldenTensors.ROOT;
import static io.lssgen.model.GoldenTensors.maxError;
import static org.assertj.core.api.Assertions.assertThat;

import io.lssgen.model.GoldenTensors;
import io.lssgen.model.LatentCodec;
import io.lssgen.model.RecordedShapes;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Rng;
import io.lssgen.tensor.ScopePerTest;
import io.lssgen.tensor.Tensor;
import io.lssgen.weights.ModelConfig;
import java.util.TreeSet;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Against diffusers (tools/golden/flux_components.py, full_size_parameters.py); max abs error 1e-4,
 * names and shapes exact.
 */
@ExtendWith(ScopePerTest.class)
class AutoencoderKlParityTest {
  private static final double TOLERANCE = 1e-4;

  private static AutoencoderKl model(GoldenTensors weights, String folder) {
    AutoencoderKlConfig config =
        AutoencoderKlConfig.of(ModelConfig.read(ROOT.resolve(folder).resolve("config.json")));
    return new AutoencoderKl(weights.parameters(), config);
  }

  private static GoldenTensors weights(String folder) {
    return GoldenTensors.read(folder + "/diffusion_pytorch_model.safetensors");
  }

  @ParameterizedTest
  @CsvSource({"flux-tiny/vae, vae", "vae16-quant, vae16-quant", "vae16-plain, vae16-plain"})
  void encodesAndDecodes(String folder, String goldenName) {
    GoldenTensors golden = GoldenTensors.read("flux/" + goldenName + ".safetensors");
    AutoencoderKl model = model(weights(folder), folder);

    AutoencoderKl.Posterior posterior = model.encode(golden.tensor("image"));
    assertThat(maxError(posterior.mean(), golden.tensor("mean"))).isLessThan(TOLERANCE);
    assertThat(maxError(posterior.logVariance(), golden.tensor("logvar"))).isLessThan(TOLERANCE);
    try (Rng rng = new Rng(7)) {
      Tensor sample = posterior.sample(rng.randn(posterior.mean().shape()));
      assertThat(maxError(sample, golden.tensor("sample_seed7"))).isLessThan(TOLERANCE);
    }
    Tensor decoded = model.decode(golden.tensor("latents"));
    assertThat(maxError(decoded, golden.tensor("decoded"))).isLessThan(TOLERANCE);
  }

  @ParameterizedTest
  @CsvSource({"flux-tiny/vae, vae", "vae16-quant, vae16-quant", "vae16-plain, vae16-plain"})
  void theCodecWorksInTheDenoisersSpace(String folder, String goldenName) {
    GoldenTensors golden = GoldenTensors.read("flux/" + goldenName + ".safetensors");
    LatentCodec codec = new AutoencoderKlCodec(model(weights(folder), folder), DType.F32);

    Tensor decoded = codec.decode(golden.tensor("latents"));
    assertThat(maxError(decoded, golden.tensor("decoded_from_denoiser_space")))
        .isLessThan(TOLERANCE);
    try (Rng rng = new Rng(7)) {
      Tensor sample = codec.sample(golden.tensor("image"), rng::randn);
      assertThat(maxError(sample, golden.tensor("sample_seed7_denoiser_space")))
          .isLessThan(TOLERANCE);
    }
  }

  @ParameterizedTest
  @CsvSource({"flux-tiny/vae", "vae16-quant"})
  void gradientsReachEveryParameter(String folder) {
    GoldenTensors weights = weights(folder);
    weights.all().values().forEach(weight -> weight.requireGrad(true));
    AutoencoderKl model = model(weights, folder);
    try (Rng rng = new Rng(3)) {
      AutoencoderKl.Posterior posterior = model.encode(rng.randn(1, 3, 32, 32).tanh());
      Tensor latent = posterior.sample(rng.randn(posterior.mean().shape()));
      model.decode(latent).square().mean().backward();
    }

    TreeSet<String> without = new TreeSet<>();
    weights
        .all()
        .forEach(
            (name, weight) -> {
              Tensor gradient = weight.grad();
              if (gradient == null || !(gradient.abs().sum().item() > 0)) {
                without.add(name);
              }
            });
    assertThat(without).isEmpty();
  }

  @Test
  void gradientsAreSlopes() {
    GoldenTensors weights = weights("vae16-quant");
    AutoencoderKl model = model(weights, "vae16-quant");
    Tensor image = GoldenTensors.read("flux/vae16-quant.safetensors").tensor("image");
    Tensor bias = weights.tensor("encoder.conv_in.bias").requireGrad(true);
    loss(model, image).backward();
    Tensor gradient = bias.grad();
    assertThat(gradient).isNotNull();
    float slope = gradient.toFloatArray()[2];

    double step = 1e-2;
    Tensor entry = bias.detach().narrow(0, 2, 1);
    entry.addInPlace(step);
    double above = loss(model, image).item();
    entry.addInPlace(-2 * step);
    double below = loss(model, image).item();

    assertThat((above - below) / (2 * step))
        .isCloseTo(slope, Offset.offset(0.02 * Math.abs(slope) + 1e-4));
  }

  private static Tensor loss(AutoencoderKl model, Tensor image) {
    return model.decode(model.encode(image).mean()).square().mean();
  }

  @ParameterizedTest
  @ValueSource(strings = {"flux-vae", "sdxl-vae"})
  void namesAndShapesAtFullSize(String name) throws Exception {
    RecordedShapes recorded = new RecordedShapes();
    ModelConfig config = ModelConfig.read(ROOT.resolve("full-size/" + name + ".json"));
    new AutoencoderKl(Parameters.of(recorded), AutoencoderKlConfig.of(config));

    assertThat(recorded.shapes()).isEqualTo(GoldenTensors.shapes("full-size/" + name + ".txt.gz"));
  }

  @Test
  void bfloat16StaysNearFp32() {
    GoldenTensors golden = GoldenTensors.read("flux/vae.safetensors");
    AutoencoderKl model = model(weights("flux-tiny/vae"), "flux-tiny/vae");
    Tensor exact = golden.tensor("decoded");
    Tensor rounded = model.decode(golden.tensor("latents").to(DType.BF16));

    assertThat(rounded.dtype()).isEqualTo(DType.BF16);
    double difference = rounded.to(DType.F32).sub(exact).square().mean().item();
    assertThat(Math.sqrt(difference / exact.square().mean().item())).isLessThan(3e-2);
  }
}
