package io.lssgen.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.lssgen.errors.ModelException;
import io.lssgen.errors.UsageException;
import io.lssgen.tensor.LiveHandles;
import io.lssgen.tensor.Rng;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.TorchRuntime;
import io.lssgen.weights.ModelConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What must hold for every scheduler of diffusion models. */
class DiffusionSchedulersTest {
  private static final String STABLE_DIFFUSION =
      ", \"beta_start\": 0.00085, \"beta_end\": 0.012, \"beta_schedule\": \"scaled_linear\","
          + " \"steps_offset\": 1, \"clip_sample\": false, \"skip_prk_steps\": true, \"set_alpha_to_one\": true";

  static Scheduler scheduler(String name, String fields) {
    return Schedulers.of(
        ModelConfig.parse(
            "scheduler_config.json", "{\"_class_name\": \"" + name + "\"" + fields + "}"));
  }

  static List<Scheduler> schedulers() {
    List<Scheduler> schedulers = new ArrayList<>();
    for (String name : Schedulers.names()) {
      if (name.startsWith("FlowMatch")) {
        continue;
      }
      boolean edm = name.startsWith("EDM");
      schedulers.add(scheduler(name, edm ? "" : STABLE_DIFFUSION));
      schedulers.add(
          scheduler(
              name, (edm ? "" : STABLE_DIFFUSION) + ", \"prediction_type\": \"v_prediction\""));
    }
    schedulers.add(scheduler(UniPc.CLASS_NAME, STABLE_DIFFUSION + ", \"solver_order\": 3"));
    schedulers.add(
        scheduler(
            DpmSolver.CLASS_NAME, STABLE_DIFFUSION + ", \"algorithm_type\": \"sde-dpmsolver++\""));
    return schedulers;
  }

  /** A model that knows the clean latents: what it must say so that they come out. */
  private static Tensor perfect(Stepper stepper, Tensor latents, Tensor clean) {
    try (TensorScope scope = TensorScope.open()) {
      // The estimate is linear in the prediction, whatever the type: two probes give the line.
      Tensor none = stepper.clean(latents, latents.mul(0));
      Tensor one = stepper.clean(latents, latents.mul(0).add(1));
      return scope.keep(clean.sub(none).div(one.sub(none)));
    }
  }

  @ParameterizedTest
  @MethodSource("schedulers")
  void theScheduleTellsTheNumberOfEvaluations(Scheduler scheduler) {
    for (int steps : new int[] {1, 2, 7}) {
      Schedule schedule = scheduler.schedule(steps, 1);
      try (Rng rng = new Rng(6);
          TensorScope scope = TensorScope.open();
          Stepper stepper = scheduler.stepper(schedule, rng::randn)) {
        assertThat(scope).isNotNull();
        Tensor latents = scheduler.initialLatents(rng.randn(1, 1, 2, 2), schedule);
        int evaluations = 0;
        while (stepper.hasNext()) {
          latents = stepper.step(latents, stepper.input(latents).tanh());
          evaluations++;
        }
        assertThat(evaluations).isEqualTo(schedule.evaluations());
        assertThat(latents.allFinite()).isTrue();
      }
    }
  }

  private static Tensor run(Stepper stepper, Tensor noisy, Tensor clean) {
    Tensor latents = noisy;
    while (stepper.hasNext()) {
      latents = stepper.step(latents, perfect(stepper, latents, clean));
    }
    return latents;
  }

  @ParameterizedTest
  @MethodSource("schedulers")
  void aPerfectDenoiserReturnsTheCleanLatents(Scheduler scheduler) {
    Schedule schedule = Tail.STRENGTH.of(scheduler.schedule(8, 1), 0.75);
    try (Rng rng = new Rng(3);
        TensorScope scope = TensorScope.open()) {
      assertThat(scope).isNotNull();
      Tensor clean = rng.randn(1, 2, 3, 3);
      Tensor noisy = scheduler.addNoise(clean, rng.randn(1, 2, 3, 3), schedule);
      try (Stepper stepper = scheduler.stepper(schedule, rng::randn)) {
        Tensor found = run(stepper, noisy, clean);
        // PNDM extrapolates velocities over levels, so that even true ones are not quite right.
        double tolerance = scheduler instanceof Pndm ? 0.1 : 1e-4;
        assertThat(found.sub(clean).abs().amax(false, 0, 1, 2, 3).item()).isLessThan(tolerance);
        assertThatThrownBy(stepper::timestep).isInstanceOf(IllegalStateException.class);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("schedulers")
  void runsShareNoState(Scheduler scheduler) {
    Schedule schedule = scheduler.schedule(6, 1);
    try (Rng rng = new Rng(4);
        TensorScope scope = TensorScope.open()) {
      assertThat(scope).isNotNull();
      Tensor fixed = rng.randn(1, 1, 2, 2);
      Tensor noisy = scheduler.initialLatents(fixed, schedule);
      try (Stepper first = scheduler.stepper(schedule, shape -> fixed.copy());
          Stepper second = scheduler.stepper(schedule, shape -> fixed.copy())) {
        Tensor alone = walk(first, noisy, scheduler, null);
        Tensor beside = walk(second, noisy, scheduler, schedule);
        assertThat(beside.toFloatArray()).containsExactly(alone.toFloatArray());
      }
    }
  }

  /** With a disturbing schedule, another run goes on between the steps. */
  private static Tensor walk(
      Stepper stepper, Tensor noisy, Scheduler scheduler, @Nullable Schedule disturbing) {
    Tensor latents = noisy;
    try (Stepper other =
        disturbing == null ? null : scheduler.stepper(disturbing, shape -> noisy.copy())) {
      while (stepper.hasNext()) {
        if (other != null && other.hasNext()) {
          other.step(latents.mul(-1), latents.add(3));
        }
        latents = stepper.step(latents, stepper.input(latents).tanh());
      }
    }
    return latents;
  }

  /** One after the other: handles are counted once for all, since that waits for the collector. */
  @Test
  void noHandleIsLeft() {
    List<Scheduler> schedulers = schedulers();
    schedulers.add(scheduler(Pndm.CLASS_NAME, "")); // with Runge-Kutta steps
    schedulers.forEach(DiffusionSchedulersTest::halfARun);
    long before = LiveHandles.settled();
    for (Scheduler scheduler : schedulers) {
      halfARun(scheduler);
      assertThat(TorchRuntime.liveHandles()).as("after %s", scheduler).isEqualTo(before);
    }
  }

  /** As the sampling loop does it, and ends early: the stepper still holds what it remembers. */
  private static void halfARun(Scheduler scheduler) {
    Schedule schedule = scheduler.schedule(6, 1);
    try (Rng rng = new Rng(5);
        TensorScope outer = TensorScope.open();
        Stepper stepper = scheduler.stepper(schedule, rng::randn)) {
      Tensor latents = scheduler.initialLatents(rng.randn(1, 1, 2, 2), schedule);
      for (int i = 0; i < 4; i++) {
        try (TensorScope scope = TensorScope.open()) {
          latents = scope.keep(stepper.step(latents, stepper.input(latents).tanh()));
        }
      }
      assertThat(outer).isNotNull();
    }
  }

  @Test
  void publishedNumbersOfStableDiffusionAndSdxl() {
    Scheduler ddim = scheduler(Ddim.CLASS_NAME, STABLE_DIFFUSION);
    Schedule full = ddim.schedule(50, 4096);
    assertThat(full.timestep(0)).isEqualTo(981);
    assertThat(full.timestep(49)).isEqualTo(1);
    Schedule tail = ddim.tail().of(full, 0.75);
    assertThat(tail.steps()).isEqualTo(37);
    assertThat(tail.timestep(0)).isEqualTo(721);
    assertThat(ddim.schedule(25, 4096).timestep(0)).isEqualTo(961);
    assertThat(ddim.tail().of(ddim.schedule(10, 1), 0.75).timestep(0)).isEqualTo(601);
    Euler euler =
        (Euler)
            scheduler(Euler.CLASS_NAME, STABLE_DIFFUSION + ", \"timestep_spacing\": \"leading\"");
    Schedule sdxl = euler.schedule(50, 4096);
    assertThat(sdxl.sigma(0)).isCloseTo(13.1204157f, within(1e-5f));
    assertThat(euler.initialSigma(sdxl)).isCloseTo(13.158469, within(1e-5));
    assertThat(euler.schedule(25, 4096).sigma(0)).isCloseTo(11.6760502f, within(1e-5f));
  }

  @Test
  void aConstantNoisePredictionTakesPndmToTheCleanLatentFromTheMiddle() {
    Scheduler pndm = scheduler(Pndm.CLASS_NAME, STABLE_DIFFUSION);
    Schedule schedule = Tail.STRENGTH.of(pndm.schedule(50, 1), 0.75);
    assertThat(schedule.steps()).isEqualTo(37);
    assertThat(schedule.evaluations()).isEqualTo(38);
    try (Rng rng = new Rng(7);
        TensorScope scope = TensorScope.open();
        Stepper stepper = pndm.stepper(schedule, rng::randn)) {
      assertThat(scope).isNotNull();
      Tensor clean = rng.randn(1, 1, 2, 2);
      Tensor noise = rng.randn(1, 1, 2, 2);
      Tensor latents = pndm.addNoise(clean, noise, schedule);
      while (stepper.hasNext()) {
        latents = stepper.step(latents, noise);
      }
      assertThat(latents.sub(clean).abs().amax(false, 0, 1, 2, 3).item()).isLessThan(1e-4);
    }
  }

  @Test
  void rungeKuttaStepsWantFourStepsInEveryStage() {
    Scheduler pndm = scheduler(Pndm.CLASS_NAME, "");
    assertThat(pndm.schedule(4, 1).evaluations()).isEqualTo(13);
    assertThatThrownBy(() -> pndm.schedule(3, 1))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("at least 4 steps")
        .hasMessageContaining("found 3");
    assertThatThrownBy(() -> Tail.STRENGTH.of(pndm.schedule(8, 1), 0.4))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("skip_prk_steps");
  }

  @Test
  void theTailByTimestepIsRefusedWhereNoTimestepIsLargeEnough() {
    Scheduler edm = scheduler(EdmEuler.CLASS_NAME, "");
    assertThatThrownBy(() -> Tail.TIMESTEP.of(edm.schedule(8, 1), 0.75))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("0.75")
        .hasMessageContaining("750")
        .hasMessageContaining("strength");
  }

  @Test
  void stepsThatTheOffsetLeadsBeyondTheLastTimestepAreRefused() {
    assertThatThrownBy(() -> scheduler(Ddim.CLASS_NAME, STABLE_DIFFUSION).schedule(1000, 1))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("1000 steps")
        .hasMessageContaining("0 to 999");
  }

  @Test
  void publishedFilesAreRead() {
    assertThat(
            scheduler(
                Euler.CLASS_NAME,
                STABLE_DIFFUSION
                    + ", \"_diffusers_version\": \"0.19.0\", \"interpolation_type\": \"linear\","
                    + " \"sample_max_value\": 1.0,"
                    + " \"trained_betas\": null,"
                    + " \"use_karras_sigmas\": false"))
        .isInstanceOf(Euler.class);
    assertThat(scheduler(DpmSolver.CLASS_NAME, ", \"lambda_min_clipped\": -Infinity").name())
        .isEqualTo("dpmsolver++2m");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "EulerDiscreteScheduler | \"sigmas_of_mine\": 3 | sigmas_of_mine",
        "EulerDiscreteScheduler | \"interpolation_type\": \"log_linear\" | interpolation_type",
        "EulerDiscreteScheduler | \"trained_betas\": [0.1] | trained_betas",
        "EulerDiscreteScheduler | \"beta_schedule\": \"sigmoid\" | sigmoid",
        "EulerDiscreteScheduler | \"timestep_spacing\": \"even\" | even",
        "EulerDiscreteScheduler | \"use_karras_sigmas\": true, \"use_beta_sigmas\": true | use_beta",
        "DDIMScheduler | \"thresholding\": true | thresholding",
        "DPMSolverMultistepScheduler | \"algorithm_type\": \"dpmsolver\" | algorithm_type",
        "DPMSolverMultistepScheduler | \"solver_order\": 4 | solver_order",
        "DPMSolverMultistepScheduler | \"use_lu_lambdas\": true | use_lu_lambdas",
        "EDMEulerScheduler | \"sigma_max\": 0.001 | sigma_max",
        "EDMEulerScheduler | \"prediction_type\": \"sample\" | one of epsilon, v_prediction, found sample",
        "UniPCMultistepScheduler | \"prediction_type\": \"noise\" | one of epsilon, v_prediction, sample, found noise",
        "UniPCMultistepScheduler | \"disable_corrector\": [0] | disable_corrector",
        "UniPCMultistepScheduler | \"predict_x0\": false | predict_x0",
        "LCMScheduler | \"original_inference_steps\": 2000 | original_inference_steps",
      })
  void whatIsUnknownOrUnsupportedIsRefusedByName(String name, String field, String named) {
    assertThatThrownBy(() -> scheduler(name, ", " + field))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("scheduler_config.json")
        .hasMessageContaining(named);
  }

  @ParameterizedTest
  @ValueSource(strings = {"euler_a", "pndm"})
  void methodsWithoutATypeOfPredictionNameTheirsAndThoseThatHaveIt(String method) {
    ModelConfig model =
        ModelConfig.parse(
            "scheduler_config.json",
            "{\"_class_name\": \"DDIMScheduler\", \"prediction_type\": \"sample\"}");

    assertThatThrownBy(() -> chosen(model, method))
        .isInstanceOf(ModelException.class)
        .hasMessage(
            "scheduler_config.json: the field 'prediction_type' wants one of epsilon, v_prediction"
                + " with this sampling method, found sample; choose another method, such as ddim"
                + " or euler");
    assertThat(chosen(model, "ddim")).isInstanceOf(Ddim.class);
    assertThat(chosen(model, "euler")).isInstanceOf(Euler.class);
  }

  private static Scheduler chosen(ModelConfig model, String method) {
    return Schedulers.of(
        SamplingMethod.chosen(model, Optional.of(SamplingMethod.parse(method)), Optional.empty()));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -1, 1001})
  void stepsOutOfRangeAreRefused(int steps) {
    for (Scheduler scheduler : schedulers()) {
      assertThatThrownBy(() -> scheduler.schedule(steps, 1))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining(Integer.toString(steps));
    }
  }
}
