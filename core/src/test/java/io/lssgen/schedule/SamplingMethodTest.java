package io.lssgen.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.errors.UsageException;
import io.lssgen.weights.ModelConfig;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The names that users give, and what they do to a model's scheduler. */
class SamplingMethodTest {
  private static final String PNDM =
      "{\"_class_name\": \"PNDMScheduler\", \"beta_start\": 0.00085, \"beta_end\": 0.012,"
          + " \"beta_schedule\": \"scaled_linear\", \"steps_offset\": 1, \"clip_sample\": false}";
  private static final String EDM = "{\"_class_name\": \"EDMDPMSolverMultistepScheduler\"}";
  private static final String FLOW = "{\"_class_name\": \"FlowMatchEulerDiscreteScheduler\"}";

  private static ModelConfig config(String json) {
    return ModelConfig.parse("scheduler_config.json", json);
  }

  private static ModelConfig chosen(String json, String method, String schedule) {
    return SamplingMethod.chosen(
        config(json),
        Optional.ofNullable(method).map(SamplingMethod::parse),
        Optional.ofNullable(schedule).map(SigmaSchedule::parse));
  }

  @ParameterizedTest
  @CsvSource({
    "euler, Euler, EulerDiscreteScheduler",
    "k_euler, Euler, EulerDiscreteScheduler",
    "Euler a, Euler a, EulerAncestralDiscreteScheduler",
    "euler_ancestral, Euler a, EulerAncestralDiscreteScheduler",
    "heun, Heun, HeunDiscreteScheduler",
    "DPM++ 2M, DPM++ 2M, DPMSolverMultistepScheduler",
    "dpmpp_2m, DPM++ 2M, DPMSolverMultistepScheduler",
    "dpm++2m_sde, DPM++ 2M SDE, DPMSolverMultistepScheduler",
    "DDIM, DDIM, DDIMScheduler",
    "PLMS, PLMS, PNDMScheduler",
    "lms, LMS, LMSDiscreteScheduler",
    "UniPC, UniPC, UniPCMultistepScheduler",
    "lcm, LCM, LCMScheduler"
  })
  void namesOfEveryEcosystemAreUnderstood(String name, String title, String type) {
    ModelConfig chosen = chosen(PNDM, name, null);

    assertThat(chosen.text("_class_name")).isEqualTo(type);
    assertThat(SamplingMethod.titles(chosen, Optional.empty()).sampler()).isEqualTo(title);
    assertThat(Schedulers.of(chosen).schedule(5, 1).steps()).isEqualTo(5);
  }

  @ParameterizedTest
  @CsvSource({
    "UniPCMultistepScheduler, bh2, dpm++2m",
    "UniPCMultistepScheduler, bh1, dpm++2m_sde",
    "DPMSolverMultistepScheduler, midpoint, unipc",
    "DPMSolverMultistepScheduler, heun, unipc"
  })
  void aSolversTypeStaysWithItsSolver(String type, String solver, String method) {
    String file =
        PNDM.replace("PNDMScheduler", type)
            .replace("\"clip_sample\": false", "\"solver_type\": \"%s\"".formatted(solver));

    assertThat(Schedulers.of(chosen(file, method, null)).schedule(5, 1).steps()).isEqualTo(5);
    assertThat(chosen(file, null, "karras").text("solver_type")).isEqualTo(solver);
  }

  @ParameterizedTest
  @EnumSource(SigmaSchedule.class)
  void everyScheduleIsToldInTheMetadata(SigmaSchedule schedule) {
    ModelConfig chosen = chosen(PNDM, "dpm++2m", schedule.label());

    assertThat(SamplingMethod.titles(chosen, Optional.of(schedule)).schedule())
        .isEqualTo(schedule.title());
    // diffusers has the same levels for both, so that the file alone does not tell them apart.
    String ofFile = schedule == SigmaSchedule.SIMPLE ? "SGM Uniform" : schedule.title();
    assertThat(SamplingMethod.titles(chosen, Optional.empty()).schedule()).isEqualTo(ofFile);
    assertThat(Schedulers.of(chosen).schedule(7, 1).steps()).isEqualTo(7);
  }

  @ParameterizedTest
  @CsvSource({
    "dpm++2m, Karras",
    "ddim, SGM Uniform",
    "euler_a, SGM Uniform",
    "pndm, SGM Uniform",
    "lcm, Discrete"
  })
  void aScheduleOfTheFileThatTheMethodHasNoUseForIsNotTold(String method, String title) {
    String karras =
        "{\"_class_name\": \"DPMSolverMultistepScheduler\", \"use_karras_sigmas\": true,"
            + " \"timestep_spacing\": \"trailing\"}";

    assertThat(SamplingMethod.titles(chosen(karras, method, null), Optional.empty()).schedule())
        .isEqualTo(title);
  }

  @Test
  void withoutAWishTheFileStays() {
    ModelConfig own = config(PNDM);

    assertThat(SamplingMethod.chosen(own, Optional.empty(), Optional.empty())).isSameAs(own);
  }

  @Test
  void aScheduleAloneChangesTheFilesOwnMethod() {
    ModelConfig chosen = chosen("{\"_class_name\": \"EulerDiscreteScheduler\"}", null, "karras");

    assertThat(chosen.text("_class_name")).isEqualTo("EulerDiscreteScheduler");
    assertThat(Schedulers.of(chosen).schedule(5, 1))
        .isNotEqualTo(
            Schedulers.of(config("{\"_class_name\": \"EulerDiscreteScheduler\"}")).schedule(5, 1));
  }

  @ParameterizedTest
  @CsvSource({
    "ddim, karras, no use for the scheduler 'karras'",
    "euler_a, exponential, no use for the scheduler 'exponential'",
    "lcm, sgm_uniform, no use for the scheduler 'sgm_uniform'"
  })
  void aScheduleWithoutEffectIsRefused(String method, String schedule, String message) {
    assertThatThrownBy(() -> chosen(PNDM, method, schedule))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining(message);
  }

  @Test
  void modelsWithEdmLevelsKeepThem() {
    assertThat(chosen(EDM, "euler", null).text("_class_name")).isEqualTo("EDMEulerScheduler");
    assertThat(chosen(EDM, "dpm++2m_sde", null).text("algorithm_type"))
        .isEqualTo("sde-dpmsolver++");
    assertThat(chosen(EDM, null, "exponential").text("sigma_schedule")).isEqualTo("exponential");
    assertThatThrownBy(() -> chosen(EDM, "ddim", null))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("euler, dpm++2m, dpm++2m_sde");
    assertThatThrownBy(() -> chosen(EDM, null, "beta"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("karras or exponential, found beta");
  }

  @ParameterizedTest
  @CsvSource({
    "euler, simple, Euler, Simple",
    "lcm, , LCM, Simple",
    "heun, discrete, Heun, Simple",
    "euler, sgm_uniform, Euler, SGM Uniform",
    "dpm++2m, karras, DPM++ 2M, Karras",
    "dpm++2m_sde, beta, DPM++ 2M SDE, Beta"
  })
  void flowModelsKeepTheirClassAndTellTheMethod(
      String method, String schedule, String sampler, String spacing) {
    ModelConfig chosen = chosen(FLOW, method, schedule);

    assertThat(chosen.text("_class_name")).isEqualTo("FlowMatchEulerDiscreteScheduler");
    assertThat(Schedulers.of(chosen).name()).isEqualTo(method);
    Optional<SigmaSchedule> wish = Optional.ofNullable(schedule).map(SigmaSchedule::parse);
    assertThat(SamplingMethod.titles(chosen, wish))
        .isEqualTo(new SamplingMethod.Titles(sampler, spacing));
  }

  /** So a picture's file leads back to how it was made. */
  @ParameterizedTest
  @CsvSource({
    "'\"shift\": 3.0', dpm++2m, karras",
    "'\"shift\": 3.0', heun,",
    "'\"stochastic_sampling\": true',,",
    "'\"stochastic_sampling\": true', euler, sgm_uniform",
    "'\"use_karras_sigmas\": true',,",
    "'\"use_karras_sigmas\": true', lcm, simple",
    "'\"lssgen_spacing\": \"trained\"',,",
    "'\"lssgen_spacing\": \"trained\"',, beta",
    "'\"lssgen_spacing\": \"trained\"', dpm++2m_sde, simple"
  })
  void titlesOfFlowModelsMeanWhatTheyWereMadeOf(String fields, String method, String schedule) {
    String own = "{\"_class_name\": \"FlowMatchEulerDiscreteScheduler\", " + fields + "}";
    Optional<SigmaSchedule> wish = Optional.ofNullable(schedule).map(SigmaSchedule::parse);
    ModelConfig first = chosen(own, method, schedule);
    SamplingMethod.Titles titles = SamplingMethod.titles(first, wish);

    ModelConfig again = chosen(own, titles.sampler(), titles.schedule());

    assertThat(Schedulers.of(again).name()).isEqualTo(Schedulers.of(first).name());
    assertThat(Schedulers.of(again).schedule(5, 1024))
        .isEqualTo(Schedulers.of(first).schedule(5, 1024));
  }

  /** Stable Diffusion 3's own levels end elsewhere; where they are asked for, they are even. */
  @Test
  void levelsThatAFamilySpacesItselfAreEvenIfAskedFor() {
    String own =
        "{\"_class_name\": \"FlowMatchEulerDiscreteScheduler\", \"shift\": 3.0,"
            + " \"lssgen_spacing\": \"trained\"}";
    String even = "{\"_class_name\": \"FlowMatchEulerDiscreteScheduler\", \"shift\": 3.0}";

    assertThat(SamplingMethod.titles(config(own), Optional.empty()).schedule())
        .isEqualTo("Discrete");
    assertThat(Schedulers.of(chosen(own, null, "discrete")).schedule(5, 1))
        .isEqualTo(Schedulers.of(config(own)).schedule(5, 1));
    assertThat(Schedulers.of(chosen(own, null, "simple")).schedule(5, 1))
        .isEqualTo(Schedulers.of(config(even)).schedule(5, 1));
    assertThat(SamplingMethod.titles(chosen(own, null, "simple"), Optional.empty()).schedule())
        .isEqualTo("Simple");
  }

  @Test
  void theFilesOwnMethodOfAFlowModelGivesWayToAWish() {
    String stochastic =
        "{\"_class_name\": \"FlowMatchEulerDiscreteScheduler\", \"stochastic_sampling\": true}";

    assertThat(Schedulers.of(config(stochastic)).name()).isEqualTo("lcm");
    assertThat(Schedulers.of(chosen(stochastic, "euler", null)).name()).isEqualTo("euler");
  }

  @Test
  void whatFlowModelsDoWithoutIsRefused() {
    assertThatThrownBy(() -> chosen(FLOW, "ddim", null))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("flow model")
        .hasMessageContaining("euler, heun, dpm++2m, dpm++2m_sde, lcm");
  }

  @Test
  void unknownNamesAreAnsweredWithTheKnownOnes() {
    assertThatThrownBy(() -> SamplingMethod.parse("dpm2"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("'dpm2'")
        .hasMessageContaining("dpm++2m_sde");
    assertThatThrownBy(() -> SigmaSchedule.parse("cosine"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("sgm_uniform");
  }
}
