package io.lssgen.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lssgen.weights.ModelConfig;
import java.io.InputStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Schedules against diffusers; made by tools/golden/flow_schedule.py, tolerances stated there. */
class FlowMatchEulerParityTest {
  private static JsonNode golden() throws Exception {
    try (InputStream in =
        FlowMatchEulerParityTest.class.getResourceAsStream("/golden/flow/schedules.json")) {
      return new ObjectMapper().readTree(in);
    }
  }

  static Stream<JsonNode> schedules() throws Exception {
    // Beyond 4096 tokens the shift is capped here, so that diffusers' larger ones do not occur.
    return StreamSupport.stream(golden().get("schedules").spliterator(), false)
        .filter(table -> table.get("mu").isNull() || table.get("mu").asDouble() < 1.15 + 1e-9);
  }

  static Stream<JsonNode> shifts() throws Exception {
    return StreamSupport.stream(golden().get("calculate_shift").spliterator(), false);
  }

  private static FlowMatchEuler scheduler(JsonNode config) {
    return new FlowMatchEuler(
        FlowMatchEulerConfig.of(new ModelConfig("scheduler_config.json", config)));
  }

  @ParameterizedTest
  @MethodSource("schedules")
  void schedulesEqualDiffusers(JsonNode wanted) {
    FlowMatchEuler scheduler = scheduler(wanted.get("config"));
    int steps = wanted.get("steps").asInt();
    Schedule schedule = scheduler.schedule(steps, tokensOf(scheduler, wanted.get("mu")));
    assertThat(schedule.steps()).isEqualTo(wanted.get("timesteps").size()).isEqualTo(steps);
    for (int i = 0; i < steps; i++) {
      assertThat(schedule.timestep(i))
          .isCloseTo((float) wanted.get("timesteps").get(i).asDouble(), within(1e-3f));
    }
    for (int i = 0; i <= steps; i++) {
      assertThat(schedule.sigma(i))
          .isCloseTo((float) wanted.get("sigmas").get(i).asDouble(), within(1e-6f));
    }
  }

  /** The golden tables name mu alone: the number of tokens that has it, where one does. */
  private static long tokensOf(FlowMatchEuler scheduler, JsonNode mu) {
    if (mu.isNull()) {
      return 256;
    }
    for (long tokens : new long[] {4, 16, 24, 64, 256, 384, 1024, 2304, 4096}) {
      if (Math.abs(scheduler.mu(tokens) - mu.asDouble()) < 1e-9) {
        return tokens;
      }
    }
    throw new AssertionError("no number of tokens has mu " + mu);
  }

  @ParameterizedTest
  @MethodSource("shifts")
  void shiftsEqualDiffusersUpToTheLargestSize(JsonNode wanted) {
    FlowMatchEuler scheduler = scheduler(wanted.get("config"));
    assertThat(wanted.get("values")).isNotEmpty();
    for (JsonNode value : wanted.get("values")) {
      assertThat(scheduler.mu(value.get("image_tokens").asLong()))
          .isCloseTo(value.get("mu_clamped").asDouble(), within(1e-9));
    }
  }
}
