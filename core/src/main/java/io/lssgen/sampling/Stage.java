package io.lssgen.sampling;

import io.lssgen.schedule.Schedule;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One stage of a run, from noise (the first) or a scaled and re-noised latent (the others) to a
 * clean latent.
 *
 * @param index 0 for the first stage, which is the smallest
 * @param width pixels
 * @param height pixels
 * @param latentWidth latents
 * @param latentHeight latents
 * @param imageTokens what the denoiser sees: patches of latents
 * @param shortenFactor what the requested steps are divided by, at least 1
 * @param scheduleSteps steps of the full schedule
 * @param schedule the levels the stage visits: the full schedule or its tail
 */
public record Stage(
    int index,
    int width,
    int height,
    int latentWidth,
    int latentHeight,
    long imageTokens,
    double shortenFactor,
    int scheduleSteps,
    Schedule schedule) {

  Stage withSchedule(Schedule other) {
    return new Stage(
        index,
        width,
        height,
        latentWidth,
        latentHeight,
        imageTokens,
        shortenFactor,
        scheduleSteps,
        other);
  }

  /** Evaluations of the denoiser in this stage. */
  public int steps() {
    return schedule.evaluations();
  }

  /** The shape of this stage's latents: [batch, channels, latentHeight, latentWidth]. */
  public long[] latentShape(int batch, int channels) {
    return new long[] {batch, channels, latentHeight, latentWidth};
  }

  /** This stage as a JSON object: numbers, and lists of numbers. */
  public Map<String, Object> fields() {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("width", width);
    fields.put("height", height);
    fields.put("latent_width", latentWidth);
    fields.put("latent_height", latentHeight);
    fields.put("image_tokens", imageTokens);
    fields.put("shorten_factor", shortenFactor);
    fields.put("schedule_steps", scheduleSteps);
    fields.put("begin_index", schedule.begin());
    fields.put("steps", schedule.steps());
    schedule.mu().ifPresent(mu -> fields.put("mu", mu));
    fields.put("timesteps", schedule.timesteps());
    fields.put("sigmas", schedule.sigmas());
    return fields;
  }
}
