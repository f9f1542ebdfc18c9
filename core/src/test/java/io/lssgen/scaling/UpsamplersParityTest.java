package io.lssgen.scaling;

import static io.lssgen.model.GoldenTensors.ROOT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.lssgen.errors.ModelException;
import io.lssgen.model.GoldenTensors;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.GradMode;
import io.lssgen.tensor.TensorScope;
import io.lssgen.weights.ModelConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** This project's own layouts against torch (tools/golden/upsampler_metrics.py); 1e-4. */
class UpsamplersParityTest {
  @ParameterizedTest
  @ValueSource(strings = {"shuffle", "residual"})
  void theNetworkEqualsTheReference(String name) {
    try (TensorScope scope = TensorScope.open();
        GradMode off = GradMode.disabled();
        LoadedUpsampler loaded =
            LoadedUpsampler.open(ROOT.resolve("upsampler-" + name), DType.F32)) {
      GoldenTensors golden = GoldenTensors.read("upsampler/networks.safetensors");
      assertThat(
              GoldenTensors.maxError(
                  loaded.network().forward(golden.tensor("latents")), golden.tensor(name)))
          .isLessThan(1e-4);
      assertThat(scope).isNotNull();
    }
  }

  @Test
  void whatIsReadIsWrittenAgain() throws Exception {
    for (String name : new String[] {"shuffle", "residual"}) {
      ModelConfig file = ModelConfig.read(ROOT.resolve("upsampler-" + name + "/config.json"));
      UpsamplerConfig read = UpsamplerConfig.of(file);
      assertThat((Object) new ObjectMapper().valueToTree(read.fields())).isEqualTo(file.fields());
    }
  }

  @Test
  void aPublishedFileHasNoneOfTheExtensions() {
    assertThat(LatentUpsamplerConfig.forChannels(16).fields())
        .doesNotContainKeys(UpsamplerConfig.RESIDUAL, UpsamplerConfig.SPACE);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"residual\": \"bicubic\" | \"residual\": \"nearest\" | wants bicubic, found nearest",
        "\"residual\": \"bicubic\", | '' | wants the field 'residual'",
        "\"width\": 8 | \"width\": 0 | width must be from 1",
        "\"blocks\": 2 | \"blocks\": 9999 | blocks must be from 1 to 1024",
        "\"sdxl\" | \"sd9\" | 'latent_space wants one of [flux, sd3, sd, sdxl], found sd9'"
      })
  void wrongFieldsAreNamed(String now, String then, String message) {
    String json =
        "{\"_class_name\": \"ShuffleUpsampler\", \"in_channels\": 4, \"residual\": \"bicubic\","
            + " \"width\": 8, \"blocks\": 2, \"latent_space\": \"sdxl\"}";
    assertThat(json).contains(now);
    ModelConfig config = ModelConfig.parse("config.json", json.replace(now, then));
    assertThatThrownBy(() -> UpsamplerConfig.of(config))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining(message);
  }
}
