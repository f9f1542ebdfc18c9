package io.lssgen.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lssgen.pipeline.GenerationResult;
import io.lssgen.pipeline.GenerationTimes;
import io.lssgen.sampling.Stage;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What {@code generate} says about its result.
 *
 * @param result what came of the request
 * @param pictures where they are, in their order
 * @param loadSeconds from the command's begin to the model's readiness
 * @param differences of the model to that of the picture that was repeated, a sentence each
 * @param verification how the first picture compares with the one that was repeated
 */
record GenerationReport(
    GenerationResult result,
    List<PictureFiles.Written> pictures,
    double loadSeconds,
    List<String> differences,
    Optional<Verification> verification) {

  private static final ObjectMapper JSON = new ObjectMapper();

  GenerationReport with(Optional<Verification> found) {
    return new GenerationReport(result, pictures, loadSeconds, differences, found);
  }

  /** What the user should know, from the request and from the plan. */
  List<String> warnings() {
    return Stream.of(differences, result.warnings(), result.plan().notes())
        .flatMap(List::stream)
        .toList();
  }

  /** Lines for a person: the plan if wanted, a line for each file, the times. */
  String human(boolean withPlan) {
    StringBuilder text = new StringBuilder();
    if (withPlan) {
      text.append(result.plan().table());
    }
    pictures.forEach(picture -> text.append(picture.line()));
    verification.ifPresent(each -> text.append(each.line()));
    GenerationTimes times = result.times();
    text.append(
        String.format(
            Locale.ROOT,
            "%.1f s: text %.1f, denoise %s, scale %.1f, decode %.1f; loaded in %.1f s%s%n",
            times.total(),
            times.text(),
            denoise(),
            times.scale(),
            times.decode(),
            loadSeconds,
            peak()));
    return text.toString();
  }

  /** Seconds of each stage with its size: {@code 1.2 (512x512) + 3.4 (1024x1024)}. */
  private String denoise() {
    StringBuilder text = new StringBuilder();
    for (Stage stage : result.plan().stages()) {
      if (stage.index() < result.times().denoise().size()) {
        text.append(text.isEmpty() ? "" : " + ")
            .append(
                String.format(
                    Locale.ROOT,
                    "%.1f (%dx%d)",
                    result.times().denoise().get(stage.index()),
                    stage.width(),
                    stage.height()));
      }
    }
    return text.toString();
  }

  private String peak() {
    return result.peakMemoryBytes().isPresent()
        ? ", at most %d MiB".formatted(result.peakMemoryBytes().getAsLong() >> 20)
        : "";
  }

  /**
   * One object: plan, seeds, files, seconds for each part, peak memory.
   *
   * @param latents the file of the clean latents, if it was written
   */
  String json(@Nullable Path latents) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("schema", "lssgen-result-1");
    fields.put("prompt", result.recipe().request().prompt());
    fields.put("negative_prompt", result.recipe().request().negativePrompt());
    fields.put("model", result.recipe().model());
    fields.put("plan", result.plan().fields());
    fields.put("seeds", result.seeds());
    fields.put("files", pictures.stream().map(each -> each.file().toString()).toList());
    fields.put("latents", latents == null ? null : latents.toString());
    fields.put("seconds", seconds());
    fields.put(
        "peak_memory_bytes",
        result.peakMemoryBytes().isPresent() ? result.peakMemoryBytes().getAsLong() : null);
    fields.put("warnings", warnings());
    verification.ifPresent(each -> fields.put("verification", each.fields()));
    try {
      return JSON.writeValueAsString(fields);
    } catch (JsonProcessingException e) {
      throw new AssertionError("numbers and texts are always valid JSON", e);
    }
  }

  private Map<String, Object> seconds() {
    GenerationTimes times = result.times();
    Map<String, Object> seconds = new LinkedHashMap<>();
    seconds.put("total", times.total());
    seconds.put("load", loadSeconds);
    seconds.put("text", times.text());
    seconds.put("denoise", times.denoise());
    seconds.put("scale", times.scale());
    seconds.put("decode", times.decode());
    return seconds;
  }
}
