package io.lssgen.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.lssgen.errors.ModelException;
import io.lssgen.errors.UsageException;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Rng;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import io.lssgen.weights.ModelConfig;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class FlowMatchEulerTest {
  private static ModelConfig config(String json) {
    return ModelConfig.parse("scheduler_config.json", json);
  }

  @Test
  void anExactPredictionLeadsToTheCleanLatentWhateverTheSteps() {
    FlowMatchEuler scheduler = new FlowMatchEuler(FlowMatchEulerConfig.fluxDev());
    Schedule schedule = Tail.TIMESTEP.of(scheduler.schedule(9, 1024), 0.6);
    try (Rng rng = new Rng(1);
        TensorScope scope = TensorScope.open()) {
      Tensor clean = rng.randn(1, 4, 6, 2);
      Tensor noise = rng.randn(1, 4, 6, 2);
      Tensor latents = scheduler.addNoise(clean, noise, schedule);
      Stepper stepper = scheduler.stepper(schedule, rng::randn);
      int steps = 0;
      while (stepper.hasNext()) {
        latents = stepper.step(latents, noise.sub(clean));
        steps++;
      }
      assertThat(steps).isEqualTo(schedule.steps());
      assertThat(latents.sub(clean).abs().amax(false, 0, 1, 2, 3).item()).isLessThan(1e-5);
      assertThatThrownBy(stepper::timestep).isInstanceOf(IllegalStateException.class);
      assertThat(scope).isNotNull();
    }
  }

  @Test
  void latentsStayFp32WithABf16Denoiser() {
    FlowMatchEuler scheduler = new FlowMatchEuler(FlowMatchEulerConfig.fluxSchnell());
    try (TensorScope scope = TensorScope.open()) {
      Stepper stepper =
          scheduler.stepper(scheduler.schedule(4, 16), shape -> Tensors.zeros(DType.F32, shape));
      Tensor latents = Tensors.full(1.001, DType.F32, 1, 1, 2, 2);
      Tensor next = stepper.step(latents, Tensors.ones(DType.BF16, 1, 1, 2, 2));
      assertThat(next.dtype()).isEqualTo(DType.F32);
      assertThat(next.toFloatArray()[0]).isCloseTo(0.751f, within(1e-6f));
      assertThat(scope).isNotNull();
    }
  }

  @Test
  void tailsOfFluxDevHaveThePublishedLengths() {
    FlowMatchEuler scheduler = new FlowMatchEuler(FlowMatchEulerConfig.fluxDev());
    Schedule full = scheduler.schedule(50, 4096);
    assertThat(Tail.TIMESTEP.of(full, 0.75).steps()).isEqualTo(25);
    assertThat(Tail.STRENGTH.of(full, 0.75).steps()).isEqualTo(37);
    assertThat(Tail.TIMESTEP.of(full, 1)).isEqualTo(full);
    assertThat(Tail.STRENGTH.of(full, 1)).isEqualTo(full);
    assertThat(Tail.TIMESTEP.of(full, 1e-9).steps()).isEqualTo(1);
  }

  @Test
  void aThresholdThatIsATimestepKeepsIt() {
    FlowMatchEuler scheduler = new FlowMatchEuler(FlowMatchEulerConfig.fluxSchnell());
    for (int i = 1; i <= 100; i++) {
      Schedule tail = Tail.TIMESTEP.of(scheduler.schedule(100, 16), i / 100.0);
      assertThat(tail.steps()).as("start sigma %s", i / 100.0).isEqualTo(i);
    }
  }

  @Test
  void aStartSigmaThatLeavesNothingIsRefusedWithTheSmallestThatWorks() {
    Schedule full = new FlowMatchEuler(FlowMatchEulerConfig.fluxSchnell()).schedule(3, 16);
    assertThatThrownBy(() -> Tail.STRENGTH.of(full, 0.3))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("0.3 ")
        .hasMessageContaining("3 steps")
        .hasMessageContaining("0.3334");
    assertThat(Tail.STRENGTH.of(full, 0.3334).steps()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, -0.5, 1.0001, Double.NaN})
  void aStartSigmaOutsideItsRangeIsRefused(double startSigma) {
    Schedule full = new FlowMatchEuler(FlowMatchEulerConfig.fluxDev()).schedule(3, 16);
    for (Tail tail : Tail.values()) {
      assertThatThrownBy(() -> tail.of(full, startSigma))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining(Double.toString(startSigma));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "'\"invert_sigmas\": true', invert_sigmas",
    "'\"use_karras_sigmas\": true, \"use_beta_sigmas\": true', use_beta_sigmas",
    "'\"lssgen_sampling_method\": \"ddim\"', 'euler, heun, dpm++2m, dpm++2m_sde, lcm, found ddim'"
  })
  void settingsThatAreNotSupportedAreRefusedByName(String fields, String message) {
    String json = "{\"_class_name\": \"FlowMatchEulerDiscreteScheduler\", " + fields + "}";
    assertThatThrownBy(() -> Schedulers.of(config(json)))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @EnumSource(
      value = SamplingMethod.class,
      names = {"EULER", "HEUN", "DPMPP_2M", "DPMPP_2M_SDE", "LCM"})
  void everyMethodIsLedFromPureNoiseToWhatTheDenoiserKnows(SamplingMethod method) {
    FlowMatchEuler scheduler = new FlowMatchEuler(with(method));
    Schedule schedule = scheduler.schedule(7, 1024);
    try (Rng rng = new Rng(3);
        TensorScope scope = TensorScope.open()) {
      Tensor clean = rng.randn(1, 4, 6, 2);
      Tensor latents = rng.randn(1, 4, 6, 2);
      try (Stepper stepper = scheduler.stepper(schedule, rng::randn)) {
        for (int i = 0; i < schedule.evaluations(); i++) {
          float sigma = stepper.timestep() / 1000;
          latents = stepper.step(latents, latents.sub(clean).div(sigma));
        }
        assertThat(stepper.hasNext()).isFalse();
      }
      assertThat(latents.sub(clean).abs().amax(false, 0, 1, 2, 3).item()).isLessThan(1e-5);
      assertThat(scope).isNotNull();
    }
  }

  private static FlowMatchEulerConfig with(SamplingMethod method) {
    ModelConfig own =
        new ModelConfig(
            "scheduler_config.json",
            new ObjectMapper().valueToTree(FlowMatchEulerConfig.fluxDev().fields()));
    return FlowMatchEulerConfig.of(
        SamplingMethod.chosen(own, Optional.of(method), Optional.empty()));
  }

  @Test
  void anUnknownSchedulerIsRefusedByName() {
    assertThatThrownBy(() -> Schedulers.of(config("{\"_class_name\": \"DDPMScheduler\"}")))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("DDPMScheduler")
        .hasMessageContaining("FlowMatchEulerDiscreteScheduler");
    assertThatThrownBy(() -> FlowMatchEulerConfig.of(config("{\"time_shift_type\": \"cubic\"}")))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("cubic");
  }

  @ParameterizedTest
  @EnumSource(
      value = SamplingMethod.class,
      names = {"EULER", "HEUN", "LCM"})
  void writtenSettingsReadBackEqual(SamplingMethod method) throws Exception {
    FlowMatchEulerConfig settings = with(method);
    String json = new ObjectMapper().writeValueAsString(settings.fields());
    Scheduler scheduler = Schedulers.of(config(json));
    assertThat(((FlowMatchEuler) scheduler).config()).isEqualTo(settings);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -1, 1001})
  void stepsOutOfRangeAreRefused(int steps) {
    assertThatThrownBy(() -> new FlowMatchEuler(FlowMatchEulerConfig.fluxDev()).schedule(steps, 16))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining(Integer.toString(steps));
  }
}
