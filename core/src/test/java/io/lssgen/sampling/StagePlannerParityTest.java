package io.lssgen.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.lssgen.schedule.FlowMatchEuler;
import io.lssgen.schedule.FlowMatchEulerConfig;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Plans against tools/golden/lssgen_reference.py: timesteps within 1e-3, all else equal. */
class StagePlannerParityTest {
  static Stream<JsonNode> cases() {
    return Stream.concat(
        StreamSupport.stream(Goldens.json("lssgen/cases.json").spliterator(), false),
        StreamSupport.stream(
            Goldens.json("lssgen/published.json").get("flow").spliterator(), false));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void plansEqualTheReference(JsonNode wanted) {
    boolean dev = wanted.get("model").asText().equals("dev");
    FlowMatchEuler scheduler =
        new FlowMatchEuler(
            dev ? FlowMatchEulerConfig.fluxDev() : FlowMatchEulerConfig.fluxSchnell());
    StagePlan plan = Goldens.plan(wanted, scheduler);
    JsonNode stages = wanted.get("stages");
    assertThat(plan.stages()).hasSameSizeAs(stages);
    for (int i = 0; i < stages.size(); i++) {
      assertStage(plan.stages().get(i), stages.get(i));
    }
  }

  private static void assertStage(Stage stage, JsonNode wanted) {
    assertThat(stage.width()).isEqualTo(wanted.get("width").asInt());
    assertThat(stage.height()).isEqualTo(wanted.get("height").asInt());
    assertThat(stage.latentWidth()).isEqualTo(wanted.get("latent_width").asInt());
    assertThat(stage.latentHeight()).isEqualTo(wanted.get("latent_height").asInt());
    assertThat(stage.imageTokens()).isEqualTo(wanted.get("image_tokens").asLong());
    assertThat(stage.shortenFactor())
        .isCloseTo(wanted.get("shorten_factor").asDouble(), within(1e-12));
    assertThat(stage.scheduleSteps()).isEqualTo(wanted.get("schedule_steps").asInt());
    assertThat(stage.schedule().begin()).isEqualTo(wanted.get("begin_index").asInt());
    assertThat(stage.steps()).isEqualTo(wanted.get("steps").asInt());
    assertThat(stage.schedule().mu().isEmpty()).isEqualTo(wanted.get("mu").isNull());
    stage
        .schedule()
        .mu()
        .ifPresent(mu -> assertThat(mu).isCloseTo(wanted.get("mu").asDouble(), within(1e-9)));
    for (int i = 0; i < stage.steps(); i++) {
      assertThat((double) stage.schedule().timestep(i))
          .isCloseTo(wanted.get("timesteps").get(i).asDouble(), within(1e-3));
    }
  }
}
