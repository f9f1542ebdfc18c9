package io.lssgen.schedule;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lssgen.errors.ModelException;
import io.lssgen.weights.ModelConfig;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The settings of diffusers' {@code FlowMatchEulerDiscreteScheduler}.
 *
 * @param trainingTimesteps the timestep of pure noise, 1000 in every published model
 * @param shift the shift of a static schedule; 1 leaves it linear
 * @param dynamicShifting whether the shift follows the number of image tokens instead
 * @param baseShift mu at {@code baseTokens}
 * @param maxShift mu at {@code maxTokens} and above
 * @param baseTokens image tokens that get {@code baseShift}
 * @param maxTokens image tokens that get {@code maxShift}
 * @param terminal what the last sigma of a stretched schedule is; empty: not stretched
 * @param timeShift how mu acts on a dynamic schedule
 * @param spacing where the levels end before they are shifted
 * @param spread how the shifted levels are moved between the first and the last
 * @param method how a step goes from one level to the next, one of {@link #METHODS}
 * @param renewedAbove with {@link SamplingMethod#LCM}: noise is renewed on the way to levels of at
 *     least this sigma, [0, 1]; below, steps are Euler's. What stochastic sampling mends, it mends
 *     where much is open still; further down it costs detail (arXiv 2206.00364, section 4)
 */
public record FlowMatchEulerConfig(
    int trainingTimesteps,
    double shift,
    boolean dynamicShifting,
    double baseShift,
    double maxShift,
    int baseTokens,
    int maxTokens,
    OptionalDouble terminal,
    TimeShift timeShift,
    Spacing spacing,
    SigmaSpread spread,
    SamplingMethod method,
    double renewedAbove) {

  static final String CLASS_NAME = "FlowMatchEulerDiscreteScheduler";

  /** The field of a scheduler's settings that names the method, whatever diffusers' field says. */
  static final String METHOD_FIELD = "lssgen_sampling_method";

  private static final String STOCHASTIC = "stochastic_sampling";
  private static final String RENEWED_FIELD = "lssgen_renewed_above"; // diffusers renews always
  private static final String INVERTED = "invert_sigmas";

  /** Fields of {@code scheduler_config.json} that shape the schedule and the steps. */
  public static final Set<String> SCHEDULE_FIELDS =
      Set.of(
          "shift",
          "use_dynamic_shifting",
          "base_shift",
          "max_shift",
          "base_image_seq_len",
          "max_image_seq_len",
          "shift_terminal",
          "time_shift_type",
          STOCHASTIC,
          RENEWED_FIELD,
          METHOD_FIELD,
          SigmaSpread.KARRAS.field(),
          SigmaSpread.EXPONENTIAL.field(),
          SigmaSpread.BETA.field());

  /**
   * The sampling methods of flow models. diffusers' class itself has {@link SamplingMethod#EULER}
   * and, as its {@code stochastic_sampling}, {@link SamplingMethod#LCM}.
   */
  public static final Set<SamplingMethod> METHODS =
      Collections.unmodifiableSet(
          EnumSet.of(
              SamplingMethod.EULER,
              SamplingMethod.HEUN,
              SamplingMethod.DPMPP_2M,
              SamplingMethod.DPMPP_2M_SDE,
              SamplingMethod.LCM));

  /** How mu acts: σ' = e / (e + 1/σ − 1), where e is exp(mu) or mu itself. */
  public enum TimeShift {
    EXPONENTIAL,
    LINEAR
  }

  /** Levels fall linearly from 1 before they are shifted. */
  public enum Spacing {
    /** To 1/steps, as diffusers' FLUX pipeline asks for. */
    EVEN,

    /**
     * To the last one of training, which a static shift has acted on already: diffusers' own
     * levels, which its Stable Diffusion 3 pipeline takes.
     */
    TRAINED;

    /**
     * The field of a scheduler's settings that names one. diffusers has none: there a pipeline
     * decides, here a model's family.
     */
    public static final String FIELD = "lssgen_spacing";

    void applyTo(ObjectNode fields) {
      fields.put(FIELD, label(this));
    }
  }

  public FlowMatchEulerConfig {
    if (trainingTimesteps < 1 || !(shift > 0)) {
      throw new ModelException(
          CLASS_NAME
              + ": num_train_timesteps must be at least 1 and shift above 0, found "
              + trainingTimesteps
              + " and "
              + shift);
    }
    if (dynamicShifting && (baseTokens < 1 || maxTokens <= baseTokens)) {
      throw new ModelException(
          CLASS_NAME
              + ": max_image_seq_len must be above base_image_seq_len, found "
              + maxTokens
              + " and "
              + baseTokens);
    }
    if (!METHODS.contains(method)) {
      throw new ModelException(
          CLASS_NAME
              + ": wanted one of "
              + SamplingMethod.labels(METHODS)
              + ", found "
              + method.label());
    }
    if (!(renewedAbove >= 0 && renewedAbove <= 1)) {
      throw new ModelException(
          CLASS_NAME + ": " + RENEWED_FIELD + " must be between 0 and 1, found " + renewedAbove);
    }
    if (terminal.isPresent() && !(terminal.getAsDouble() > 0 && terminal.getAsDouble() < 1)) {
      throw new ModelException(
          CLASS_NAME + ": shift_terminal must be between 0 and 1, found " + terminal.getAsDouble());
    }
  }

  /** The published settings of FLUX.1-dev. */
  public static FlowMatchEulerConfig fluxDev() {
    return new FlowMatchEulerConfig(
        1000,
        3,
        true,
        0.5,
        1.15,
        256,
        4096,
        OptionalDouble.empty(),
        TimeShift.EXPONENTIAL,
        Spacing.EVEN,
        SigmaSpread.TIMESTEPS,
        SamplingMethod.EULER,
        0);
  }

  /** The published settings of FLUX.1-schnell: linear from 1 to 1/steps. */
  public static FlowMatchEulerConfig fluxSchnell() {
    return new FlowMatchEulerConfig(
        1000,
        1,
        false,
        0.5,
        1.15,
        256,
        4096,
        OptionalDouble.empty(),
        TimeShift.EXPONENTIAL,
        Spacing.EVEN,
        SigmaSpread.TIMESTEPS,
        SamplingMethod.EULER,
        0);
  }

  /**
   * Reads {@code scheduler_config.json}; what it leaves out has diffusers' default.
   *
   * @throws ModelException if a setting is invalid or not supported
   */
  public static FlowMatchEulerConfig of(ModelConfig config) {
    if (config.flag(INVERTED, false)) {
      throw new ModelException(
          config.origin() + ": " + INVERTED + " is not supported with " + CLASS_NAME);
    }
    double terminal = config.number("shift_terminal", 0); // diffusers reads 0 as unset, too
    return new FlowMatchEulerConfig(
        config.integer("num_train_timesteps", 1000),
        config.number("shift", 1),
        config.flag("use_dynamic_shifting", false),
        config.number("base_shift", 0.5),
        config.number("max_shift", 1.15),
        config.integer("base_image_seq_len", 256),
        config.integer("max_image_seq_len", 4096),
        terminal == 0 ? OptionalDouble.empty() : OptionalDouble.of(terminal),
        named(config, "time_shift_type", List.of(TimeShift.values())),
        named(config, Spacing.FIELD, List.of(Spacing.values())),
        SigmaSpread.of(new SchedulerFields(config)),
        method(config),
        config.number(RENEWED_FIELD, 0));
  }

  private static SamplingMethod method(ModelConfig config) {
    boolean stochastic = config.flag(STOCHASTIC, false);
    SamplingMethod own = stochastic ? SamplingMethod.LCM : SamplingMethod.EULER;
    String name = config.text(METHOD_FIELD, own.label());
    return SamplingMethod.named(name)
        .filter(METHODS::contains)
        .orElseThrow(
            () ->
                new ModelException(
                    "%s: the field '%s' wants one of %s, found '%s'"
                        .formatted(
                            config.origin(), METHOD_FIELD, SamplingMethod.labels(METHODS), name)));
  }

  /** The value of a field that names one of these; the first where it is absent. */
  private static <E extends Enum<E>> E named(ModelConfig config, String field, List<E> values) {
    String name = config.text(field, label(values.get(0)));
    return values.stream()
        .filter(value -> label(value).equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new ModelException(
                    "%s: %s wants %s, found %s"
                        .formatted(
                            config.origin(),
                            field,
                            values.stream()
                                .map(FlowMatchEulerConfig::label)
                                .collect(Collectors.joining(" or ")),
                            name)));
  }

  private static String label(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  /** The fields of {@code scheduler_config.json}, for writing a model folder. */
  public Map<String, Object> fields() {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("_class_name", CLASS_NAME);
    fields.put("num_train_timesteps", trainingTimesteps);
    fields.put("shift", shift);
    fields.put("use_dynamic_shifting", dynamicShifting);
    fields.put("base_shift", baseShift);
    fields.put("max_shift", maxShift);
    fields.put("base_image_seq_len", baseTokens);
    fields.put("max_image_seq_len", maxTokens);
    terminal.ifPresent(value -> fields.put("shift_terminal", value));
    fields.put("time_shift_type", label(timeShift));
    if (spacing != Spacing.EVEN) {
      fields.put(Spacing.FIELD, label(spacing));
    }
    if (spread != SigmaSpread.TIMESTEPS) {
      fields.put(spread.field(), true);
    }
    if (method == SamplingMethod.LCM) {
      fields.put(STOCHASTIC, true);
    } else if (method != SamplingMethod.EULER) {
      fields.put(METHOD_FIELD, method.label());
    }
    if (renewedAbove > 0) {
      fields.put(RENEWED_FIELD, renewedAbove);
    }
    return fields;
  }
}
