package io.lssgen.model;

import static io.lssgen.model.GoldenTensors.ROOT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lssgen.errors.ModelException;
import io.lssgen.model.clip.ClipTextConfig;
import io.lssgen.model.flux.FluxConfig;
import io.lssgen.model.t5.T5Config;
import io.lssgen.model.vae.AutoencoderKlConfig;
import io.lssgen.model.vae.AutoencoderTinyConfig;
import io.lssgen.weights.ModelConfig;
import java.io.IOException;
import java.util.function.Function;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Numbers that no model has end in one line, not in overflows or in a memory that is full. */
class ConfigSizesTest {
  private static Function<ModelConfig, Object> reader(String component) {
    return switch (component) {
      case "transformer" -> FluxConfig::of;
      case "text_encoder" -> ClipTextConfig::of;
      case "text_encoder_2" -> T5Config::of;
      case "vae" -> AutoencoderKlConfig::of;
      default -> AutoencoderTinyConfig::of;
    };
  }

  private static ModelConfig config(String component, String field, String value)
      throws IOException {
    ObjectMapper json = new ObjectMapper();
    ObjectNode fields =
        component.equals("tiny")
            ? json.createObjectNode()
            : (ObjectNode)
                json.readTree(ROOT.resolve("flux-tiny/" + component + "/config.json").toFile());
    assertThat(reader(component).apply(new ModelConfig("config.json", fields.deepCopy())))
        .isNotNull();
    fields.set(field, json.readTree(value));
    return new ModelConfig("config.json", fields);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "transformer | in_channels | 2147483644",
        "transformer | num_layers | 2147483647",
        "transformer | num_single_layers | -1",
        "transformer | num_attention_heads | 1073741825",
        "transformer | attention_head_dim | 2147483647",
        "transformer | joint_attention_dim | 2147483647",
        "transformer | axes_dims_rope | [2147483646, 2147483646, 20]",
        "text_encoder | vocab_size | 2147483647",
        "text_encoder | hidden_size | 2147483644",
        "text_encoder | num_hidden_layers | 2147483647",
        "text_encoder | max_position_embeddings | 2147483647",
        "text_encoder | num_attention_heads | 0",
        "text_encoder_2 | relative_attention_max_distance | 2147483647",
        "text_encoder_2 | relative_attention_num_buckets | 2147483644",
        "text_encoder_2 | d_kv | 2147483647",
        "text_encoder_2 | num_layers | 0",
        "vae | block_out_channels | [2147483644, 2147483644]",
        "vae | block_out_channels | []",
        "vae | block_out_channels | [4,4,4,4,4,4,4,4,4,4,4,4,4,4,4,4,4,4,4,4,4,4,4,4,4,4,4,4,4,4,4,4,4]",
        "vae | norm_num_groups | 0",
        "vae | layers_per_block | 2147483647",
        "tiny | latent_channels | 2147483647",
        "tiny | encoder_block_out_channels | [2147483647, 2147483647, 2147483647, 2147483647]",
        "tiny | num_encoder_blocks | [2147483647, 1, 1, 1]"
      })
  void areRefused(String component, String field, String value) throws IOException {
    ModelConfig config = config(component, field, value);
    assertThatThrownBy(() -> reader(component).apply(config))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining(field)
        .message()
        .doesNotContain("\n");
  }
}
