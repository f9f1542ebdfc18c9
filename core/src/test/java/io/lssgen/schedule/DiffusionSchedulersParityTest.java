package io.lssgen.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lssgen.weights.ModelConfig;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Trajectories against diffusers; made by tools/golden/diffusion_schedulers.py. */
class DiffusionSchedulersParityTest {
  @TestFactory
  List<DynamicTest> trajectoriesEqualDiffusers() throws Exception {
    Map<String, List<JsonNode>> byClass = new LinkedHashMap<>();
    try (InputStream in = getClass().getResourceAsStream("/golden/diffusion/schedulers.json")) {
      for (JsonNode wanted : new ObjectMapper().readTree(in)) {
        String name = wanted.get("config").get("_class_name").asText();
        byClass.computeIfAbsent(name, n -> new ArrayList<>()).add(wanted);
      }
    }
    List<DynamicTest> tests = new ArrayList<>();
    byClass.forEach(
        (name, cases) ->
            tests.add(
                DynamicTest.dynamicTest(
                    name, () -> assertThat(cases).allSatisfy(this::equalsDiffusers))));
    assertThat(tests).isNotEmpty();
    return tests;
  }

  private static Scheduler scheduler(JsonNode wanted) {
    Scheduler scheduler =
        Schedulers.of(new ModelConfig("scheduler_config.json", wanted.get("config")));
    return scheduler instanceof Ddim ddim ? ddim.withEta(wanted.get("eta").asDouble()) : scheduler;
  }

  private void equalsDiffusers(JsonNode wanted) {
    Scheduler scheduler = scheduler(wanted);
    Schedule full = scheduler.schedule(wanted.get("steps").asInt(), 1);
    boolean whole = wanted.get("begin").asInt() == 0;
    Trajectories.assertEqual(wanted, scheduler, whole ? full : Tail.STRENGTH.of(full, 0.75));
  }
}
