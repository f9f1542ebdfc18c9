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
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
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
    "'\"lssgen_renewed_above\": 1.5', 'between 0 and 1, found 1.5'",
    "'\"lssgen_sampling_method\": \"ddim\"', 'euler, heun, dpm++2m, dpm++2m_sde, lcm, found'",
    "'\"lssgen_sampling_method\": \"plain\"', lssgen_sampling_method"
  })
  void settingsThatAreNotSupportedAreRefusedByName(String fields, String message) {
    String json = "{\"_class_name\": \"FlowMatchEulerDiscreteScheduler\", " + fields + "}";
    assertThatThrownBy(() -> Schedulers.of(config(json)))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining(message);
  }

  /**
   * A denoiser that knows the clean latents leads there, without fresh noise in a straight line.
   */
  @ParameterizedTest
  @CsvSource({"euler, false", "heun, false", "dpm++2m, false", "dpm++2m_sde, true", "lcm, true"})
  void everyMethodFollowsADenoiserThatKnowsWhereToGo(String method, boolean draws) {
    FlowMatchEuler scheduler = new FlowMatchEuler(with(SamplingMethod.parse(method)));
    Schedule schedule = scheduler.schedule(7, 1024);
    try (Rng rng = new Rng(3);
        TensorScope scope = TensorScope.open();
        Stepper stepper = scheduler.stepper(schedule, rng::randn)) {
      Tensor clean = rng.randn(1, 4, 6, 2);
      Tensor noise = rng.randn(1, 4, 6, 2);
      Tensor latents = noise;
      for (int i = 0; i < schedule.evaluations(); i++) {
        float sigma = stepper.timestep() / 1000;
        Tensor path = clean.mul(1 - sigma).add(noise.mul(sigma));
        if (!draws) {
          assertThat(largest(latents.sub(path))).isLessThan(1e-5);
        }
        latents = stepper.step(latents, latents.sub(clean).div(sigma));
      }
      assertThat(stepper.hasNext()).isFalse();
      assertThat(largest(latents.sub(clean))).isLessThan(1e-5);
      assertThat(scope).isNotNull();
    }
  }

  /** In fp32 this shift leaves pure noise at a sigma of 1.0000001. */
  @Test
  void aShiftThatRoundsUpwardsEndsInNumbers() {
    FlowMatchEulerConfig settings =
        FlowMatchEulerConfig.of(
            config("{\"shift\": 1.58, \"lssgen_sampling_method\": \"dpm++2m\"}"));
    FlowMatchEuler scheduler = new FlowMatchEuler(settings);
    Schedule schedule = scheduler.schedule(4, 16);
    assertThat(schedule.sigma(0)).isGreaterThan(1);
    try (Rng rng = new Rng(4);
        TensorScope scope = TensorScope.open();
        Stepper stepper = scheduler.stepper(schedule, rng::randn)) {
      Tensor latents = rng.randn(1, 4, 6, 2);
      while (stepper.hasNext()) {
        latents = stepper.step(latents, latents.mul(0.5));
      }
      assertThat(largest(latents)).isFinite();
      assertThat(scope).isNotNull();
    }
  }

  private static double largest(Tensor values) {
    return values.abs().amax(false, 0, 1, 2, 3).item();
  }

  /** Fresh noise goes into levels above the least alone: below it both are the same steps. */
  @Test
  void noiseIsRenewedDownToALevelAndNoFurther() {
    ModelConfig settings =
        config(
            "{\"_class_name\": \"FlowMatchEulerDiscreteScheduler\","
                + " \"stochastic_sampling\": true, \"lssgen_renewed_above\": 0.5}");
    FlowMatchEuler renewing = (FlowMatchEuler) Schedulers.of(settings);
    FlowMatchEuler straight = new FlowMatchEuler(FlowMatchEulerConfig.fluxSchnell());
    Schedule schedule = straight.schedule(4, 16); // 1, 0.75, 0.5, 0.25
    AtomicInteger draws = new AtomicInteger();
    try (Rng rng = new Rng(5);
        TensorScope scope = TensorScope.open();
        Stepper first = renewing.stepper(schedule, shape -> drawn(rng, shape, draws));
        Stepper second = straight.stepper(schedule.from(2), rng::randn)) {
      Tensor latents = rng.randn(1, 4, 6, 2);
      Tensor prediction = rng.randn(1, 4, 6, 2);
      latents = first.step(first.step(latents, prediction), prediction);
      assertThat(draws).hasValue(2);
      Tensor same = first.step(latents, prediction).sub(second.step(latents, prediction));
      assertThat(same.abs().amax(false, 0, 1, 2, 3).item()).isZero();
      assertThat(draws).hasValue(2);
      assertThat(scope).isNotNull();
    }
    assertThat(renewing.config().fields()).containsEntry("lssgen_renewed_above", 0.5);
  }

  private static Tensor drawn(Rng rng, long[] shape, AtomicInteger draws) {
    draws.incrementAndGet();
    return rng.randn(shape);
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
  @ValueSource(
      strings = {
        "\"shift\": 3.0",
        "\"lssgen_sampling_method\": \"heun\", \"use_beta_sigmas\": true",
        "\"stochastic_sampling\": true, \"lssgen_renewed_above\": 0.6",
        "\"use_dynamic_shifting\": true, \"time_shift_type\": \"linear\", \"shift_terminal\": 0.1",
        "\"use_karras_sigmas\": true, \"lssgen_spacing\": \"trained\""
      })
  void writtenSettingsReadBackEqual(String fields) throws Exception {
    FlowMatchEulerConfig settings = FlowMatchEulerConfig.of(config("{" + fields + "}"));
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
