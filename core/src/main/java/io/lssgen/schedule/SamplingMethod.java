package io.lssgen.schedule;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lssgen.errors.Choice;
import io.lssgen.errors.UsageException;
import io.lssgen.weights.ModelConfig;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The sampling algorithms that users choose by name: what stable-diffusion.cpp, AUTOMATIC1111,
 * k-diffusion and ComfyUI call them, and the class of diffusers each is.
 */
public enum SamplingMethod {
  EULER("euler", "Euler", Euler.CLASS_NAME, Takes.SIGMAS, "k_euler"),
  EULER_ANCESTRAL(
      "euler_a",
      "Euler a",
      EulerAncestral.CLASS_NAME,
      Takes.TIMESTEPS,
      "euler a",
      "euler_ancestral",
      "k_euler_a",
      "k_euler_ancestral"),
  HEUN("heun", "Heun", Heun.CLASS_NAME, Takes.SIGMAS, "k_heun"),
  DPMPP_2M(
      "dpm++2m",
      "DPM++ 2M",
      DpmSolver.CLASS_NAME,
      Takes.SIGMAS,
      "dpm++ 2m",
      "dpmpp_2m",
      "k_dpmpp_2m"),
  DPMPP_2M_SDE(
      "dpm++2m_sde",
      "DPM++ 2M SDE",
      DpmSolver.CLASS_NAME,
      Takes.SIGMAS,
      "dpm++ 2m sde",
      "dpmpp_2m_sde",
      "k_dpmpp_2m_sde"),
  DDIM("ddim", "DDIM", Ddim.CLASS_NAME, Takes.TIMESTEPS),
  PNDM("pndm", "PLMS", Pndm.CLASS_NAME, Takes.TIMESTEPS, "plms"),
  LMS("lms", "LMS", LinearMultistep.CLASS_NAME, Takes.SIGMAS, "k_lms"),
  UNIPC("unipc", "UniPC", UniPc.CLASS_NAME, Takes.SIGMAS, "uni_pc"),
  LCM("lcm", "LCM", Lcm.CLASS_NAME, Takes.NOTHING);

  /** Which of the {@link SigmaSchedule}s have an effect. */
  private enum Takes {
    NOTHING,
    TIMESTEPS,
    SIGMAS
  }

  private static final String CLASS = "_class_name";
  private static final String ALGORITHM = "algorithm_type";
  private static final Set<String> EDM_CLASSES =
      Set.of(EdmEuler.CLASS_NAME, EdmDpmSolver.CLASS_NAME);
  private static final Set<SigmaSchedule> EDM_SCHEDULES =
      EnumSet.of(SigmaSchedule.KARRAS, SigmaSchedule.EXPONENTIAL);

  /** Of a flow model both mean levels that fall evenly before they are shifted. */
  private static final Set<SigmaSchedule> EVEN_SCHEDULES =
      EnumSet.of(SigmaSchedule.SIMPLE, SigmaSchedule.SGM_UNIFORM);

  private final String label;
  private final String title;
  private final String type;
  private final Takes takes;
  private final List<String> aliases;

  SamplingMethod(String label, String title, String type, Takes takes, String... aliases) {
    this.label = label;
    this.title = title;
    this.type = type;
    this.takes = takes;
    this.aliases = List.of(aliases);
  }

  /** The name users give: {@code euler}, {@code dpm++2m}, … */
  public String label() {
    return label;
  }

  /** The name in pictures' metadata: {@code Euler a}, {@code DPM++ 2M}, … */
  public String title() {
    return title;
  }

  /**
   * The method of this name, in any case.
   *
   * @throws UsageException if there is none
   */
  public static SamplingMethod parse(String name) {
    String wanted = wanted(name);
    return Choice.of(
        "sampling method", name, values(), SamplingMethod::label, each -> each.isCalled(wanted));
  }

  /** The method of this name, in any case; empty if there is none. */
  public static Optional<SamplingMethod> named(String name) {
    String wanted = wanted(name);
    return Arrays.stream(values()).filter(each -> each.isCalled(wanted)).findFirst();
  }

  private static String wanted(String name) {
    return name.strip().toLowerCase(Locale.ROOT);
  }

  private boolean isCalled(String name) {
    return label.equals(name) || aliases.contains(name);
  }

  /**
   * A method with the name of a spacing behind its own, as AUTOMATIC1111 once had them.
   *
   * @param spacing as it was written
   */
  public record Spaced(SamplingMethod method, String spacing) {}

  /** Reads {@code DPM++ 2M Karras}; empty if it is a method's name alone, or none's. */
  public static Optional<Spaced> spaced(String name) {
    int space = name.lastIndexOf(' ');
    return space < 0 || named(name).isPresent()
        ? Optional.empty()
        : named(name.substring(0, space))
            .map(method -> new Spaced(method, name.substring(space + 1)));
  }

  /** The spacing that AUTOMATIC1111 means where none is chosen; empty: as the model's file says. */
  public Optional<SigmaSchedule> automatic() {
    return switch (this) {
      case DPMPP_2M -> Optional.of(SigmaSchedule.KARRAS);
      case DPMPP_2M_SDE -> Optional.of(SigmaSchedule.EXPONENTIAL);
      default -> Optional.empty();
    };
  }

  /**
   * The model's own scheduler configuration, changed as the user wishes, as {@code from_config} of
   * diffusers does: what the file says of noise levels and predictions stays.
   *
   * @param own {@code scheduler_config.json} of the model
   * @param method empty: the file's
   * @param schedule empty: the file's
   * @throws UsageException if the model or the method has no use for the wish
   */
  public static ModelConfig chosen(
      ModelConfig own, Optional<SamplingMethod> method, Optional<SigmaSchedule> schedule) {
    if (method.isEmpty() && schedule.isEmpty()) {
      return own;
    }
    String type = own.text(CLASS);
    ObjectNode fields = own.fields().deepCopy();
    if (type.equals(FlowMatchEulerConfig.CLASS_NAME)) {
      method.ifPresent(each -> each.applyToFlow(fields));
      schedule.ifPresent(each -> applyToFlow(each, fields));
    } else if (EDM_CLASSES.contains(type)) {
      method.ifPresent(each -> each.applyToEdm(fields));
      schedule.ifPresent(each -> applyToEdm(each, fields));
    } else {
      method.ifPresent(each -> each.applyTo(fields));
      schedule.ifPresent(each -> of(fields).requireUse(each).applyTo(fields));
    }
    return new ModelConfig(own.origin(), fields);
  }

  /**
   * The method that a {@code scheduler_config.json} amounts to.
   *
   * @param fields with a class that {@link Schedulers} knows
   */
  static SamplingMethod of(ObjectNode fields) {
    String type = fields.path(CLASS).asText();
    boolean sde = fields.path(ALGORITHM).asText().startsWith("sde");
    if (type.equals(EdmDpmSolver.CLASS_NAME)) {
      return sde ? DPMPP_2M_SDE : DPMPP_2M;
    }
    return Arrays.stream(values())
        .filter(each -> each.type.equals(type) && (each == DPMPP_2M_SDE) == (sde && each.isDpm()))
        .findFirst()
        .orElse(EULER); // EDM
  }

  /**
   * The method and the schedule that a configuration amounts to, as metadata name them.
   *
   * @param wish which schedule the user chose, since some have two names; empty: the file's
   */
  public static Titles titles(ModelConfig config, Optional<SigmaSchedule> wish) {
    ObjectNode fields = config.fields().deepCopy();
    String type = fields.path(CLASS).asText();
    if (type.equals(FlowMatchEulerConfig.CLASS_NAME)) {
      FlowMatchEulerConfig flow = FlowMatchEulerConfig.of(config);
      SigmaSchedule spread = SigmaSchedule.of(fields, SigmaSchedule::movesSigmas);
      boolean even = flow.spacing() == FlowMatchEulerConfig.Spacing.EVEN && !spread.movesSigmas();
      SigmaSchedule told =
          even ? wish.filter(EVEN_SCHEDULES::contains).orElse(SigmaSchedule.SIMPLE) : spread;
      boolean limited = flow.method() == LCM && flow.renewedAbove() > 0;
      return new Titles(
          flow.method().title,
          told.title(),
          limited ? OptionalDouble.of(flow.renewedAbove()) : OptionalDouble.empty());
    }
    SamplingMethod method = of(fields);
    SigmaSchedule schedule =
        wish.orElseGet(
            () ->
                EDM_CLASSES.contains(type)
                    ? SigmaSchedule.parse(
                        fields.path("sigma_schedule").asText(SigmaSchedule.KARRAS.label()))
                    : SigmaSchedule.of(fields, method::hasUse));
    return new Titles(method.title, schedule.title());
  }

  /**
   * What metadata say of the scheduler.
   *
   * @param sampler {@code DPM++ 2M}
   * @param schedule {@code Karras}
   * @param renewedAbove see {@link FlowMatchEulerConfig#renewedAbove}; empty: not limited
   */
  public record Titles(String sampler, String schedule, OptionalDouble renewedAbove) {
    Titles(String sampler, String schedule) {
      this(sampler, schedule, OptionalDouble.empty());
    }
  }

  private boolean isDpm() {
    return this == DPMPP_2M || this == DPMPP_2M_SDE;
  }

  private void applyTo(ObjectNode fields) {
    if (!fields.path(CLASS).asText().equals(type)) {
      fields.remove("solver_type"); // the classes' own ones have other names
    }
    fields.put(CLASS, type);
    if (isDpm()) {
      fields.put(ALGORITHM, algorithm());
    }
    if (this == PNDM) {
      fields.put("skip_prk_steps", true); // PLMS is the method without them
    }
  }

  private String algorithm() {
    return this == DPMPP_2M_SDE ? "sde-dpmsolver++" : "dpmsolver++";
  }

  private void applyToEdm(ObjectNode fields) {
    switch (this) {
      case EULER -> fields.put(CLASS, EdmEuler.CLASS_NAME);
      case DPMPP_2M, DPMPP_2M_SDE ->
          fields.put(CLASS, EdmDpmSolver.CLASS_NAME).put(ALGORITHM, algorithm());
      default ->
          throw new UsageException(
              "this model has EDM noise levels, for which the sampling method '%s' is not made; wanted one of %s"
                  .formatted(label, labels(EnumSet.of(EULER, DPMPP_2M, DPMPP_2M_SDE))));
    }
  }

  private static void applyToEdm(SigmaSchedule schedule, ObjectNode fields) {
    if (!EDM_SCHEDULES.contains(schedule)) {
      throw new UsageException(
          "this model has EDM noise levels, wanted the scheduler karras or exponential, found "
              + schedule.label());
    }
    fields.put("sigma_schedule", schedule.label());
  }

  private void applyToFlow(ObjectNode fields) {
    if (!FlowMatchEulerConfig.METHODS.contains(this)) {
      throw new UsageException(
          "this is a flow model, for which the sampling method '%s' is not made; wanted one of %s"
              .formatted(label, labels(FlowMatchEulerConfig.METHODS)));
    }
    fields.put(FlowMatchEulerConfig.METHOD_FIELD, label);
  }

  private static void applyToFlow(SigmaSchedule schedule, ObjectNode fields) {
    schedule.applyTo(fields);
    if (EVEN_SCHEDULES.contains(schedule)) {
      FlowMatchEulerConfig.Spacing.EVEN.applyTo(fields);
    }
  }

  /** Whether a schedule changes what this method does. */
  private boolean hasUse(SigmaSchedule schedule) {
    return (!schedule.movesSigmas() || takes == Takes.SIGMAS)
        && (!schedule.movesTimesteps() || takes != Takes.NOTHING);
  }

  private SigmaSchedule requireUse(SigmaSchedule schedule) {
    if (!hasUse(schedule)) {
      throw new UsageException(
          "the sampling method '%s' has no use for the scheduler '%s'; leave it out, or choose another method"
              .formatted(label, schedule.label()));
    }
    return schedule;
  }

  static String labels(Set<SamplingMethod> methods) {
    return methods.stream().map(SamplingMethod::label).collect(Collectors.joining(", "));
  }
}
