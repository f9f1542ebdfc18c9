package io.lssgen.sampling;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The stages of a run, smallest first.
 *
 * @param stages at least one; the last has the requested size
 * @param options what they were planned with
 * @param requestedSteps the steps that were asked for
 */
public record StagePlan(List<Stage> stages, StageOptions options, int requestedSteps) {

  public StagePlan {
    stages = List.copyOf(stages);
    if (stages.isEmpty()) {
      throw new IllegalArgumentException("a plan has at least one stage");
    }
  }

  /** The stage that begins from pure noise. */
  public Stage first() {
    return stages.get(0);
  }

  /** The stage of the requested size. */
  public Stage last() {
    return stages.get(stages.size() - 1);
  }

  /** Evaluations of the denoiser in all stages. */
  public int totalSteps() {
    return stages.stream().mapToInt(Stage::steps).sum();
  }

  /** What a reader of the plan might not expect, a sentence each; mostly empty. */
  public List<String> notes() {
    List<String> notes = new ArrayList<>();
    if (stages.size() == 1 && first().scheduleSteps() != requestedSteps) {
      notes.add(
          "%d steps became %d: %dx%d is below the base size %dx%d and shortening is on, although"
                  .formatted(
                      requestedSteps,
                      first().scheduleSteps(),
                      first().width(),
                      first().height(),
                      options.baseWidth(),
                      options.baseHeight())
              + " no stage is scaled");
    }
    stages.stream()
        .skip(1)
        .filter(stage -> stage.schedule().begin() == 0)
        .map(this::beginsAnew)
        .forEach(notes::add);
    return notes;
  }

  private String beginsAnew(Stage stage) {
    return "stage %d begins at the highest noise level, which leaves nothing of the stage before: of"
            .formatted(stage.index())
        + " its %d steps only the first begins at the start sigma %s or above; take more steps, or a"
            .formatted(stage.scheduleSteps(), options.startSigma())
        + " smaller start sigma";
  }

  /** The plan as a JSON object. */
  public Map<String, Object> fields() {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("requested_steps", requestedSteps);
    fields.put("total_steps", totalSteps());
    fields.put("min_size", options.minSize());
    fields.put("start_sigma", options.startSigma());
    fields.put("shorten", options.shorten());
    fields.put("base", List.of(options.baseWidth(), options.baseHeight()));
    fields.put("stages", stages.stream().map(Stage::fields).toList());
    fields.put("notes", notes());
    return fields;
  }

  /** The plan for a person: a line per stage, then the notes. */
  public String table() {
    StringBuilder table =
        new StringBuilder(line("stage", "size", "latents", "tokens", "steps", "timesteps", "mu"));
    for (Stage stage : stages) {
      float[] times = stage.schedule().timesteps();
      table.append(
          line(
              Integer.toString(stage.index()),
              stage.width() + "x" + stage.height(),
              stage.latentWidth() + "x" + stage.latentHeight(),
              Long.toString(stage.imageTokens()),
              stage.schedule().steps() + " of " + stage.scheduleSteps(),
              number("%.1f", times[0]) + " to " + number("%.1f", times[times.length - 1]),
              stage.schedule().mu().isPresent()
                  ? number("%.3f", stage.schedule().mu().getAsDouble())
                  : "-"));
    }
    notes().forEach(note -> table.append(note).append('\n'));
    return table.toString();
  }

  private static String line(Object... cells) {
    return String.format(Locale.ROOT, "%-6s %-10s %-9s %-7s %-10s %-17s %s%n", cells);
  }

  private static String number(String format, double value) {
    return String.format(Locale.ROOT, format, value);
  }
}
