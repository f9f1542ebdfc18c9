package io.lssgen.schedule;

import io.lssgen.errors.ModelException;
import io.lssgen.weights.ModelConfig;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Reads the {@code scheduler_config.json} of a diffusion scheduler exactly: {@link #done} fails if
 * a field is left that neither this class of diffusers nor any other one here knows.
 *
 * <p>Published files carry fields of the scheduler they were converted from (SDXL's Euler has
 * PNDM's {@code skip_prk_steps}); diffusers ignores those, and so does this.
 */
final class SchedulerFields {
  /** Fields of diffusers' diffusion schedulers, ignored by the classes that do not read them. */
  private static final Set<String> OF_OTHER_SCHEDULERS =
      Set.of(
          "algorithm_type",
          "beta_end",
          "beta_schedule",
          "beta_start",
          "clip_sample",
          "clip_sample_range",
          "disable_corrector",
          "dynamic_thresholding_ratio",
          "euler_at_final",
          "final_sigmas_type",
          "flow_shift",
          "interpolation_type",
          "lambda_min_clipped",
          "lower_order_final",
          "original_inference_steps",
          "predict_x0",
          "prediction_type",
          "rescale_betas_zero_snr",
          "sample_max_value",
          "set_alpha_to_one",
          "shift_terminal",
          "sigma_max",
          "sigma_min",
          "skip_prk_steps",
          "solver_order",
          "solver_p",
          "solver_type",
          "steps_offset",
          "thresholding",
          "time_shift_type",
          "timestep_scaling",
          "timestep_spacing",
          "timestep_type",
          "trained_betas",
          "use_beta_sigmas",
          "use_dynamic_shifting",
          "use_exponential_sigmas",
          "use_flow_sigmas",
          "use_karras_sigmas",
          "use_lu_lambdas",
          "variance_type");

  private final ModelConfig config;
  private final Set<String> read = new HashSet<>();

  SchedulerFields(ModelConfig config) {
    this.config = config;
  }

  double number(String name, double absent) {
    read.add(name);
    return config.number(name, absent);
  }

  /** A number, minus infinity where it is left out or, as diffusers writes it, -Infinity. */
  double numberOrInfinity(String name) {
    read.add(name);
    boolean infinite = config.fields().path(name).doubleValue() == Double.NEGATIVE_INFINITY;
    return infinite ? Double.NEGATIVE_INFINITY : config.number(name, Double.NEGATIVE_INFINITY);
  }

  int positive(String name, int absent) {
    read.add(name);
    return config.positive(name, absent);
  }

  int integer(String name, int absent) {
    read.add(name);
    return config.integer(name, absent);
  }

  boolean flag(String name, boolean absent) {
    read.add(name);
    return config.flag(name, absent);
  }

  boolean has(String name) {
    return config.has(name);
  }

  /** The constant whose lower-case name the field holds. */
  <E extends Enum<E>> E choice(String name, E absent) {
    read.add(name);
    String found = config.text(name, label(absent));
    for (E constant : absent.getDeclaringClass().getEnumConstants()) {
      if (label(constant).equals(found)) {
        return constant;
      }
    }
    throw wrong(name, "one of " + labels(absent.getDeclaringClass().getEnumConstants()), found);
  }

  static String labels(Enum<?>... constants) {
    return Arrays.stream(constants).map(SchedulerFields::label).collect(Collectors.joining(", "));
  }

  /** What a configuration calls the constant. */
  static String label(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  /** One of {@code supported}, the first being the default. */
  String text(String name, String... supported) {
    read.add(name);
    String found = config.text(name, supported[0]);
    if (!List.of(supported).contains(found)) {
      throw wrong(name, "one of " + String.join(", ", supported), found);
    }
    return found;
  }

  /** A switch that is not supported: off, or left out. */
  void off(String... names) {
    for (String name : names) {
      if (flag(name, false)) {
        throw wrong(name, "false (true is not supported)", "true");
      }
    }
  }

  /** A value that is not supported: null, or left out. */
  void none(String... names) {
    for (String name : names) {
      read.add(name);
      if (config.has(name)) {
        throw wrong(name, "null (anything else is not supported)", config.fields().get(name));
      }
    }
  }

  /** A list that is not supported: empty, or left out. */
  void empty(String name) {
    read.add(name);
    if (config.has(name) && !config.fields().get(name).isEmpty()) {
      throw wrong(name, "an empty list (others are not supported)", config.fields().get(name));
    }
  }

  /**
   * Ends the reading.
   *
   * @throws ModelException if an unknown field is left; it is named
   */
  void done() {
    config
        .fields()
        .fieldNames()
        .forEachRemaining(
            name -> {
              if (!name.startsWith("_")
                  && !read.contains(name)
                  && !OF_OTHER_SCHEDULERS.contains(name)) {
                throw new ModelException(
                    config.origin()
                        + ": the field '"
                        + name
                        + "' is unknown to schedulers; remove it if it has no meaning");
              }
            });
  }

  ModelException wrong(String name, String wanted, Object found) {
    return new ModelException(
        config.origin() + ": the field '" + name + "' wants " + wanted + ", found " + found);
  }
}
