package io.lssgen.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** What the scripts of golden runs leave, and how pictures are compared with it. */
final class PipelineGoldens {
  private PipelineGoldens() {}

  /** The cases of a file below the golden resources. */
  static Stream<JsonNode> cases(String file) throws IOException {
    JsonNode cases = new ObjectMapper().readTree(TinyModels.golden(file).toFile());
    return StreamSupport.stream(cases.spliterator(), false);
  }

  /** Rounding may fall to the other side where the golden value lies in the middle. */
  static void assertPicture(byte[] found, byte[] wanted) {
    assertThat(found).hasSameSizeAs(wanted);
    for (int i = 0; i < wanted.length; i++) {
      assertThat(Math.abs((wanted[i] & 0xff) - (found[i] & 0xff))).isLessThanOrEqualTo(1);
    }
  }
}
