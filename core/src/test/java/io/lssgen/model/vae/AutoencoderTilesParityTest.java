package io.lssgen.model.vae;

import static io.lssgen.model.GoldenTensors.ROOT;
import static io.lssgen.model.GoldenTensors.maxError;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lssgen.errors.ModelException;
import io.lssgen.model.GoldenTensors;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.LiveHandles;
import io.lssgen.tensor.Rng;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import io.lssgen.tensor.TorchRuntime;
import io.lssgen.weights.ModelConfig;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * An autoencoder with statistics of each channel, whole and in tiles, against diffusers
 * (tools/golden/unet_components.py); max abs error 1e-4.
 */
class AutoencoderTilesParityTest {
  private static final double TOLERANCE = 1e-4;
  private static final String FOLDER = "vae-tiles";

  private TensorScope scope;
  private GoldenTensors golden;
  private AutoencoderKl model;

  @BeforeEach
  void openScope() {
    scope = TensorScope.open();
    golden = GoldenTensors.read(FOLDER + "/output.safetensors");
    model = model(ModelConfig.read(ROOT.resolve(FOLDER).resolve("config.json")));
  }

  @AfterEach
  void closeScope() {
    scope.close();
  }

  private static AutoencoderKl model(ModelConfig config) {
    GoldenTensors weights = GoldenTensors.read(FOLDER + "/diffusion_pytorch_model.safetensors");
    return new AutoencoderKl(weights.parameters(), AutoencoderKlConfig.of(config));
  }

  private static ModelConfig changed(String field, String value) throws IOException {
    ObjectMapper json = new ObjectMapper();
    ObjectNode fields =
        (ObjectNode) json.readTree(ROOT.resolve(FOLDER).resolve("config.json").toFile());
    fields.set(field, json.readTree(value));
    return new ModelConfig("config.json", fields);
  }

  @Test
  void whole() {
    AutoencoderKl.Posterior posterior = model.encode(golden.tensor("image"));
    assertThat(maxError(posterior.mean(), golden.tensor("whole_mean"))).isLessThan(TOLERANCE);
    assertThat(maxError(posterior.logVariance(), golden.tensor("whole_logvar")))
        .isLessThan(TOLERANCE);
    assertThat(maxError(model.decode(golden.tensor("own")), golden.tensor("whole_decoded")))
        .isLessThan(TOLERANCE);
  }

  @Test
  void inTiles() {
    AutoencoderKl.Posterior posterior = model.encodeTiled(golden.tensor("image"));
    assertThat(maxError(posterior.mean(), golden.tensor("tiled_mean"))).isLessThan(TOLERANCE);
    assertThat(maxError(posterior.logVariance(), golden.tensor("tiled_logvar")))
        .isLessThan(TOLERANCE);
    assertThat(maxError(model.decodeTiled(golden.tensor("own")), golden.tensor("tiled_decoded")))
        .isLessThan(TOLERANCE);
  }

  @Test
  void theCodecUsesTheStatisticsOfEachChannel() {
    var whole = new AutoencoderKlCodec(model, DType.F32);
    var tiled = new AutoencoderKlCodec(model, DType.F32, true);
    Tensor latents = golden.tensor("latents");

    assertThat(maxError(whole.decode(latents), golden.tensor("whole_decoded")))
        .isLessThan(TOLERANCE);
    assertThat(maxError(tiled.decode(latents), golden.tensor("tiled_decoded")))
        .isLessThan(TOLERANCE);
    assertThat(
            maxError(
                tiled.encode(golden.tensor("image")), golden.tensor("tiled_mean_denoiser_space")))
        .isLessThan(TOLERANCE);
  }

  @Test
  void picturesOfABatchDoNotMeet() {
    var codec = new AutoencoderKlCodec(model, DType.F32, true);
    Tensor latents = golden.tensor("latents");
    Tensor both = codec.decode(Tensors.cat(List.of(latents, latents.neg()), 0));

    assertThat(maxError(both.narrow(0, 0, 1), golden.tensor("tiled_decoded")))
        .isLessThan(TOLERANCE);
  }

  @Test
  void whatFitsIntoATileIsNotTiled() {
    try (Rng rng = new Rng(1)) {
      Tensor latents = rng.randn(1, 4, 8, 5);
      assertThat(model.decodeTiled(latents).toFloatArray())
          .containsExactly(model.decode(latents).toFloatArray());
    }
  }

  @Test
  void halfPrecisionIsWidenedWhereTheModelOverflows() throws IOException {
    var widened = new AutoencoderKlCodec(model(changed("force_upcast", "true")), DType.F16);
    assertThat(maxError(widened.decode(golden.tensor("latents")), golden.tensor("whole_decoded")))
        .isLessThan(TOLERANCE);
  }

  @Test
  void tilesLeaveNothingBehind() {
    var codec = new AutoencoderKlCodec(model, DType.F32, true);
    long before = LiveHandles.settled();
    for (int i = 0; i < 2; i++) {
      codec.decode(golden.tensor("latents")).close();
      codec.encode(golden.tensor("image")).close();
      assertThat(TorchRuntime.liveHandles()).isEqualTo(before);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "latents_mean | null | latents_std",
        "latents_mean | [1, 2, 3] | latents_std",
        "latents_std | [1, 2, 3, 0] | latents_std",
        "latents_std | [1, 2, 3, \"x\"] | latents_std",
        "latents_mean | 4 | list of numbers",
        "shift_factor | 0.5 | latents_mean",
        "latent_channels | 5 | latents_mean",
        "scaling_factor | 0 | scaling_factor",
        "sample_size | 0 | sample_size",
      })
  void wrongFieldsAreNamed(String field, String value, String named) throws IOException {
    ModelConfig config = changed(field, value);
    assertThatThrownBy(() -> AutoencoderKlConfig.of(config))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining(named);
  }

  @Test
  void tilesWithoutRoomToOverlapAreRefused() throws IOException {
    AutoencoderKl small = model(changed("sample_size", "15"));
    Tensor latents = golden.tensor("latents");
    assertThatThrownBy(() -> small.decodeTiled(latents))
        .isInstanceOf(ModelException.class)
        .hasMessageContainingAll("sample_size", "16", "15");
  }
}
