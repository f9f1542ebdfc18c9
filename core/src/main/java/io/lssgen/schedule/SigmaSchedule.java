package io.lssgen.schedule;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lssgen.errors.Choice;
import io.lssgen.errors.UsageException;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How the noise levels of a diffusion run are spaced, by the names that AUTOMATIC1111 and
 * stable-diffusion.cpp give them. What each sets in {@code scheduler_config.json} is what
 * diffusers' documentation says of these names. Flow models have their family's levels by {@link
 * #DISCRETE}, even ones before they are shifted by {@link #SIMPLE} and {@link #SGM_UNIFORM}, and by
 * the others the shifted levels moved between the first and the last.
 */
public enum SigmaSchedule {
  /** Where the timesteps put them, spaced as the model's file says. */
  DISCRETE("discrete", "Discrete", null, null, "default", "normal"),
  /** arXiv 2206.00364, equation 5. */
  KARRAS("karras", "Karras", "karras", null),
  /** Even in log σ. */
  EXPONENTIAL("exponential", "Exponential", "exponential", "linspace"),
  /** arXiv 2407.12173. */
  BETA("beta", "Beta", "beta", "linspace"),
  /** Timesteps counted from the noisy end. */
  SGM_UNIFORM("sgm_uniform", "SGM Uniform", null, "trailing", "sgm uniform"),
  /** The same levels as {@link #SGM_UNIFORM} in diffusers. */
  SIMPLE("simple", "Simple", null, "trailing");

  private static final List<String> SWITCHES = List.of("karras", "exponential", "beta");

  private final String label;
  private final String title;
  private final @Nullable String sigmas;
  private final @Nullable String spacing;
  private final List<String> aliases;

  SigmaSchedule(
      String label,
      String title,
      @Nullable String sigmas,
      @Nullable String spacing,
      String... aliases) {
    this.label = label;
    this.title = title;
    this.sigmas = sigmas;
    this.spacing = spacing;
    this.aliases = List.of(aliases);
  }

  /** The name users give: {@code karras}, {@code sgm_uniform}, … */
  public String label() {
    return label;
  }

  /** The name in pictures' metadata: {@code Karras}, {@code SGM Uniform}, … */
  public String title() {
    return title;
  }

  /** Whether sigmas are spread by a formula of their own, for which not every method has a use. */
  boolean movesSigmas() {
    return sigmas != null;
  }

  /** Whether the timesteps are spaced in another way than the model's file says. */
  boolean movesTimesteps() {
    return spacing != null;
  }

  /** Writes this choice over that of a {@code scheduler_config.json}. */
  void applyTo(ObjectNode fields) {
    for (String each : SWITCHES) {
      fields.put("use_" + each + "_sigmas", each.equals(sigmas));
    }
    if (spacing != null) {
      fields.put("timestep_spacing", spacing);
    }
  }

  /**
   * The schedule of this name, in any case.
   *
   * @throws UsageException if there is none
   */
  public static SigmaSchedule parse(String name) {
    String wanted = name.strip().toLowerCase(Locale.ROOT);
    return Choice.of(
        "scheduler",
        name,
        values(),
        SigmaSchedule::label,
        each -> each.label.equals(wanted) || each.aliases.contains(wanted));
  }

  /**
   * What a {@code scheduler_config.json} asks for.
   *
   * @param used whether its method has a use for a schedule; what it has none for is passed over
   */
  static SigmaSchedule of(JsonNode fields, Predicate<SigmaSchedule> used) {
    return Stream.of(KARRAS, EXPONENTIAL, BETA, SGM_UNIFORM)
        .filter(used)
        .filter(
            schedule ->
                schedule.sigmas == null
                    ? fields.path("timestep_spacing").asText().equals(schedule.spacing)
                    : fields.path("use_" + schedule.sigmas + "_sigmas").asBoolean())
        .findFirst()
        .orElse(DISCRETE);
  }
}
