package io.lssgen.model.unet;

import static io.lssgen.model.GoldenTensors.ROOT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lssgen.errors.ModelException;
import io.lssgen.weights.ModelConfig;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UNetConfigTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  private static ObjectNode published(String name) throws IOException {
    return (ObjectNode) JSON.readTree(ROOT.resolve("full-size/" + name + ".json").toFile());
  }

  private static UNetConfig read(ObjectNode fields) {
    return UNetConfig.of(new ModelConfig("unet/config.json", fields));
  }

  @Test
  void publishedConfigurations() throws IOException {
    UNetConfig sd = read(published("sd15-unet"));
    assertThat(sd.levels()).extracting(UNetConfig.Level::heads).containsExactly(8, 8, 8, 8);
    assertThat(sd.levels())
        .extracting(UNetConfig.Level::attentionDown)
        .containsExactly(true, true, true, false);
    assertThat(sd.linearProjection()).isFalse();
    assertThat(sd.sampleSize()).isEqualTo(64);
    assertThat(sd.addedWidth()).isZero();

    UNetConfig xl = read(published("sdxl-unet"));
    assertThat(xl.levels()).extracting(UNetConfig.Level::heads).containsExactly(5, 10, 20);
    assertThat(xl.levels()).extracting(UNetConfig.Level::transformers).containsExactly(1, 2, 10);
    assertThat(xl.levels())
        .extracting(UNetConfig.Level::attentionUp)
        .containsExactly(false, true, true);
    assertThat(xl.addedWidth()).isEqualTo(1280 + 6 * 256);
    assertThat(xl.guidanceSinusoids()).isZero();
    assertThat(read(published("lcm-sdxl-unet")).guidanceSinusoids()).isEqualTo(256);
  }

  @Test
  void everyFieldThatDiffusersWritesIsKnown() throws IOException {
    for (String form : new String[] {"sd", "xl", "lcm"}) {
      ObjectNode fields =
          (ObjectNode) JSON.readTree(ROOT.resolve("unet/" + form + "/config.json").toFile());
      fields
          .fieldNames()
          .forEachRemaining(
              name -> {
                if (!name.equals("_diffusers_version")) {
                  assertThat(UNetConfig.FIELDS).contains(name);
                }
              });
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "_class_name | \"UNet2DModel\" | UNet2DModel",
        "down_block_types | [\"DownBlock2D\", \"AttnDownBlock2D\", \"DownBlock2D\"] | AttnDownBlock2D",
        "up_block_types | [\"UpBlock2D\", \"UpBlock2D\", \"CrossAttnDownBlock2D\"] | CrossAttnDownBlock2D",
        "up_block_types | [\"UpBlock2D\"] | up_block_types",
        "up_block_types | \"UpBlock2D\" | list of strings",
        "mid_block_type | \"UNetMidBlock2D\" | UNetMidBlock2D",
        "mid_block_type | null | mid_block_type",
        "norm_num_groups | null | norm_num_groups",
        "norm_num_groups | 33 | norm_num_groups = 33",
        "attention_head_dim | [5, 10] | attention_head_dim",
        "attention_head_dim | [5, 10, 7] | 1280",
        "attention_head_dim | 2147483647 | attention_head_dim",
        "transformer_layers_per_block | [[1], [2], [3]] | transformer_layers_per_block",
        "transformer_layers_per_block | -1 | transformer_layers_per_block",
        "addition_embed_type | \"text_image\" | text_image",
        "addition_time_embed_dim | null | addition_time_embed_dim",
        "addition_time_embed_dim | 4000 | 2816",
        "class_embed_type | \"timestep\" | class_embed_type",
        "conv_in_kernel | 5 | conv_in_kernel",
        "dual_cross_attention | true | dual_cross_attention",
        "encoder_hid_dim | 4096 | encoder_hid_dim",
        "only_cross_attention | [true, false, false] | only_cross_attention",
        "resnet_time_scale_shift | \"scale_shift\" | scale_shift",
        "time_embedding_type | \"fourier\" | fourier",
        "upcast_attention | true | upcast_attention",
        "act_fn | \"gelu\" | act_fn",
        "time_cond_proj_dim | 7 | time_cond_proj_dim",
        "cross_attention_dim | [1, 2, 3] | cross_attention_dim",
        "block_out_channels | [] | block_out_channels",
        "block_out_channels | [2147483616, 640, 1280] | block_out_channels",
        "something_new | 1 | something_new",
      })
  void whatIsNotBuiltIsNamed(String field, String value, String named) throws IOException {
    ObjectNode fields = published("sdxl-unet");
    fields.set(field, JSON.readTree(value));
    assertThatThrownBy(() -> read(fields))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining(named)
        .message()
        .doesNotContain("\n");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "_name_or_path | \"somewhere\"",
        "upcast_attention | false",
        "mid_block_scale_factor | 1.0",
        "dropout | 0.0",
        "something_new | null",
      })
  void whatChangesNothingIsAccepted(String field, String value) throws IOException {
    ObjectNode fields = published("sdxl-unet");
    UNetConfig before = read(fields);
    fields.set(field, JSON.readTree(value));
    assertThat(read(fields)).isEqualTo(before);
  }
}
