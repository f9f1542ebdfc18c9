package io.lssgen.schedule;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lssgen.weights.ModelConfig;
import java.io.InputStream;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Trajectories of flow models against diffusers; made by tools/golden/flow_steps.py. */
class FlowStepsParityTest {
  static Stream<JsonNode> trajectories() throws Exception {
    try (InputStream in =
        FlowStepsParityTest.class.getResourceAsStream("/golden/flow/steps.json")) {
      return StreamSupport.stream(new ObjectMapper().readTree(in).spliterator(), false);
    }
  }

  @ParameterizedTest
  @MethodSource("trajectories")
  void trajectoriesEqualDiffusers(JsonNode wanted) {
    ModelConfig own = new ModelConfig("scheduler_config.json", wanted.get("config"));
    SamplingMethod method = SamplingMethod.parse(wanted.get("method").asText());
    Scheduler scheduler =
        Schedulers.of(SamplingMethod.chosen(own, Optional.of(method), Optional.empty()));
    Schedule full =
        scheduler.schedule(wanted.get("steps").asInt(), wanted.get("image_tokens").asLong());
    Trajectories.assertEqual(wanted, scheduler, full.from(wanted.get("begin").asInt()));
  }
}
