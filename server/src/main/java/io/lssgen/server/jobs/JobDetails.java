package io.lssgen.server.jobs;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lssgen.pipeline.GenerationResult;
import io.lssgen.pipeline.GenerationTimes;
import io.lssgen.pipeline.Recipe;
import io.lssgen.server.http.Json;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a job once it was begun, as it is kept in the database.
 *
 * @param plan its stages, for people to look at: sizes, steps, noise levels
 * @param guided whether classifier-free guidance is on
 * @param scaling the space in which latents are scaled
 * @param times where the last run's seconds went; null before its end
 * @param warnings what the client should know
 */
record JobDetails(
    Map<String, Object> plan,
    boolean guided,
    String scaling,
    @Nullable GenerationTimes times,
    List<String> warnings) {

  static JobDetails of(Recipe recipe, List<String> warnings) {
    return new JobDetails(
        recipe.plan().fields(),
        recipe.cfgScale() > 1,
        recipe.plan().stages().size() == 1 ? "none" : recipe.scaling().label(),
        null,
        warnings);
  }

  JobDetails with(GenerationResult result) {
    return new JobDetails(plan, guided, scaling, result.times(), warnings);
  }

  /** What listeners hear when the job begins. */
  ObjectNode started(LiveJob job) {
    ObjectNode data = Json.object().put("model", job.request().model());
    data.put("images", job.request().images()).put("guided", guided).put("scaling", scaling);
    data.set("plan", Json.tree(plan));
    return data;
  }
}
