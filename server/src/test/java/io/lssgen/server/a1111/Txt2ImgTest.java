package io.lssgen.server.a1111;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lssgen.server.Limits;
import io.lssgen.server.http.ApiException;
import io.lssgen.server.http.Fields;
import io.lssgen.server.http.Json;
import io.lssgen.server.models.ModelShelf;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * AUTOMATIC1111's fields as that program means them (its modules/sd_samplers_kdiffusion.py,
 * api.py).
 */
class Txt2ImgTest {
  private static ObjectNode translated(String json) {
    Fields fields = new Fields(Json.parse(json.getBytes(UTF_8)));
    ModelShelf none = null;
    return new Txt2Img(fields, Limits.usual()).translated(new Models(none));
  }

  @ParameterizedTest
  @CsvSource({"1, ", "2, 2", "3, 3"})
  void theDefaultOfClipSkipIsNoWish(int option, Integer wanted) {
    ObjectNode own =
        translated("{\"override_settings\": {\"CLIP_stop_at_last_layers\": %d}}".formatted(option));

    assertThat(own.has("clip_skip")).isEqualTo(wanted != null);
    assertThat(own.path("clip_skip").asInt()).isEqualTo(wanted == null ? 0 : wanted);
  }

  @Test
  void resizingGoesBeforeTheScale() {
    String sides = "{\"width\": 256, \"height\": 128, \"enable_hr\": true, ";
    for (String wish :
        List.of("\"hr_resize_x\": 1024}", "\"hr_resize_y\": 512, \"hr_scale\": 2}")) {
      ObjectNode own = translated(sides + wish);
      assertThat(own.path("width").asInt()).isEqualTo(1024);
      assertThat(own.path("height").asInt()).isEqualTo(512);
      assertThat(own.path("lssgen").path("min_size").asInt()).isEqualTo(128);
    }
    assertThatThrownBy(() -> translated(sides + "\"hr_resize_x\": 1024, \"hr_resize_y\": 1024}"))
        .isInstanceOf(ApiException.class)
        .hasMessageContainingAll("want the shape of 256x128", "found 1024x1024");
    assertThatThrownBy(() -> translated(sides + "\"hr_resize_x\": 640}"))
        .hasMessageContaining("wants 1, 2, 4 or 8");
  }

  @Test
  void aLargerStageThatChangesNothingIsRefused() {
    assertThatThrownBy(() -> translated("{\"enable_hr\": true, \"denoising_strength\": 0}"))
        .isInstanceOf(ApiException.class)
        .hasMessageContaining("more than 0 with enable_hr");
    assertThat(translated("{\"denoising_strength\": 0}").has("lssgen")).isFalse();
  }

  @Test
  void olderClientsNameTheSamplerAsItsIndex() {
    assertThat(translated("{\"sampler_index\": \"Euler a\"}").path("sampler").asText())
        .isEqualTo("Euler a");
    assertThat(
            translated("{\"sampler_name\": \"DDIM\", \"sampler_index\": \"Euler\"}")
                .path("sampler")
                .asText())
        .isEqualTo("DDIM");
  }

  @ParameterizedTest
  @CsvSource({
    "DPM++ 2M, , karras",
    "DPM++ 2M, Automatic, karras",
    "DPM++ 2M SDE, , exponential",
    "DPM++ 2M, SGM Uniform, SGM Uniform",
    "DPM++ 2M Karras, , karras",
    "Euler a, , ",
    "Euler, Karras, Karras"
  })
  void withoutAChoiceTheSamplersOwnSpacingIsMeant(String sampler, String scheduler, String wanted) {
    ObjectNode request = Json.object().put("sampler_name", sampler);
    if (scheduler != null) {
      request.put("scheduler", scheduler);
    }
    ObjectNode own = translated(Json.write(request));

    assertThat(own.path("scheduler").asText(null)).isEqualTo(wanted);
  }
}
