package io.lssgen.model.clip;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.errors.ModelException;
import io.lssgen.weights.ModelConfig;
import org.junit.jupiter.api.Test;

class ClipTextConfigTest {
  private static ClipTextConfig parse(String json) {
    return ClipTextConfig.of(ModelConfig.parse("config.json", json));
  }

  @Test
  void aProjectionIsMadeOnlyForItsClass() {
    assertThat(parse("{\"projection_dim\": 7}").projectionWidth()).isZero();
    String json = "{\"projection_dim\": 7, \"architectures\": [\"CLIPTextModelWithProjection\"]}";
    assertThat(parse(json).projectionWidth()).isEqualTo(7);
  }

  @Test
  void refusesWhatItCannotCompute() {
    assertThatThrownBy(() -> parse("{\"hidden_act\": \"swish\"}"))
        .isInstanceOf(ModelException.class)
        .hasMessageContainingAll("config.json", "hidden_act", "quick_gelu", "swish");
    assertThatThrownBy(() -> parse("{\"hidden_size\": 10, \"num_attention_heads\": 3}"))
        .isInstanceOf(ModelException.class)
        .hasMessageContainingAll("10", "3");
  }
}
