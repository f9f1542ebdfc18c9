package io.lssgen.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.lssgen.model.unet.AddedConditions;
import io.lssgen.schedule.FlowMatchEuler;
import io.lssgen.schedule.FlowMatchEulerConfig;
import io.lssgen.schedule.Schedule;
import io.lssgen.schedule.Scheduler;
import io.lssgen.schedule.Schedulers;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import io.lssgen.weights.ModelConfig;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Plans against tools/golden/lssgen_reference.py, among them the published pipelines' own:
 * timesteps of flow models within 1e-3, sigmas 1e-5, all else equal.
 */
class StagePlannerParityTest {
  static Stream<JsonNode> cases() {
    return Stream.concat(
        StreamSupport.stream(Goldens.json("lssgen/cases.json").spliterator(), false),
        StreamSupport.stream(
            Goldens.json("lssgen/published.json").get("flow").spliterator(), false));
  }

  static Stream<Arguments> diffusionCases() {
    return StreamSupport.stream(
            Goldens.json("lssgen/published.json").get("diffusion").spliterator(), false)
        .map(wanted -> Arguments.of(Named.of(wanted.get("name").asText(), wanted)));
  }

  @ParameterizedTest
  @MethodSource("diffusionCases")
  void plansOfDiffusionModelsEqualThePublished(JsonNode wanted) {
    Scheduler scheduler = Schedulers.of(new ModelConfig("published.json", wanted.get("config")));
    JsonNode stages = wanted.get("stages");
    int side = stages.get(stages.size() - 1).get("side").asInt();
    int base = wanted.get("base").asInt();
    StageOptions options =
        StageOptions.flux()
            .withMinSize(stages.get(0).get("side").asInt())
            .withStartSigma(wanted.get("start_sigma").asDouble())
            .withShorten(wanted.get("shorten").asBoolean())
            .withBase(base, base);

    StagePlan plan =
        new StagePlanner(scheduler, 8, 1).plan(side, side, wanted.get("steps").asInt(), options);

    assertThat(plan.stages()).hasSameSizeAs(stages);
    for (int i = 0; i < stages.size(); i++) {
      assertDiffusionStage(scheduler, plan.stages().get(i), stages.get(i));
    }
  }

  private static void assertDiffusionStage(Scheduler scheduler, Stage stage, JsonNode wanted) {
    Schedule schedule = stage.schedule();
    assertThat(stage.width()).isEqualTo(wanted.get("side").asInt()).isEqualTo(stage.height());
    assertThat(stage.shortenFactor()).isEqualTo(wanted.get("shorten_factor").asDouble());
    assertThat(stage.scheduleSteps()).isEqualTo(wanted.get("schedule_steps").asInt());
    assertThat(schedule.timesteps()).containsExactly(floats(wanted.get("timesteps")));
    if (wanted.has("first_sigma")) {
      assertThat((double) schedule.sigma(0))
          .isCloseTo(wanted.get("first_sigma").asDouble(), within(1e-5));
    }
    try (TensorScope scope = TensorScope.open()) {
      assertThat(scope).isNotNull();
      Tensor one = Tensors.full(1, DType.F32, 1);
      Tensor noise =
          stage.index() == 0
              ? scheduler.initialLatents(one, schedule)
              : scheduler.addNoise(one.mul(0), one, schedule);
      assertThat(noise.item()).isCloseTo(wanted.get("noise").asDouble(), within(1e-5));
      if (wanted.has("size_ids")) {
        Tensor sizes =
            AddedConditions.uncropped(one.reshape(1, 1), stage.height(), stage.width()).sizes();
        assertThat(sizes.toFloatArray()).containsExactly(floats(wanted.get("size_ids")));
      }
    }
  }

  private static float[] floats(JsonNode numbers) {
    float[] values = new float[numbers.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = numbers.get(i).floatValue();
    }
    return values;
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
