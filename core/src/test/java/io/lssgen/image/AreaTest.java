package io.lssgen.image;

import static io.lssgen.model.GoldenTensors.ROOT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** What diffusers looks at of the same masks (tools/golden/picture_pipelines.py); exact. */
class AreaTest {

  @Test
  void itIsDiffusersOwn() throws IOException {
    JsonNode cases =
        new ObjectMapper().readTree(ROOT.resolve("picture-pipelines/crop-regions.json").toFile());
    assertThat(cases.size()).isGreaterThan(100);
    for (JsonNode each : cases) {
      JsonNode region = each.get("region");
      int left = region.get(0).asInt();
      int top = region.get(1).asInt();
      Area wanted = new Area(left, top, region.get(2).asInt() - left, region.get(3).asInt() - top);

      JsonNode sides = each.get("wanted");
      Area found =
          Area.around(
              mask(each), each.get("padding").asInt(), sides.get(0).asInt(), sides.get(1).asInt());

      assertThat(found).as(each.toString()).isEqualTo(wanted);
    }
  }

  private static Mask mask(JsonNode each) {
    int width = each.get("sides").get(0).asInt();
    int height = each.get("sides").get(1).asInt();
    byte[] rgb = new byte[3 * width * height];
    for (JsonNode part : each.get("mask")) {
      for (int y = part.get(1).asInt(); y < Math.min(height, part.get(3).asInt()); y++) {
        for (int x = part.get(0).asInt(); x < Math.min(width, part.get(2).asInt()); x++) {
          for (int colour = 0; colour < 3; colour++) {
            rgb[3 * (y * width + x) + colour] = 1; // any level counts
          }
        }
      }
    }
    return Mask.of(new RgbImage(width, height, rgb));
  }

  @Test
  void ofAnEmptyMaskThereIsNone() {
    Mask empty = Mask.of(new RgbImage(4, 3, new byte[36]));
    assertThatThrownBy(() -> Area.around(empty, 2, 64, 64))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("empty");
  }
}
