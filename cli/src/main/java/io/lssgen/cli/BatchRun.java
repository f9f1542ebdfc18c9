package io.lssgen.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lssgen.errors.LssGenException;
import io.lssgen.errors.ModelException;
import io.lssgen.files.AtomicFile.IfExists;
import io.lssgen.image.RgbImage;
import io.lssgen.pipeline.GenerationListener;
import io.lssgen.pipeline.GenerationRequest;
import io.lssgen.pipeline.GenerationResult;
import io.lssgen.pipeline.Recipe;
import io.lssgen.pipeline.TextToImage;
import io.lssgen.sampling.Cancellation;
import io.lssgen.sampling.CancelledException;
import io.lssgen.server.Limits;
import io.lssgen.server.http.ApiException;
import io.lssgen.server.http.Fields;
import io.lssgen.server.http.Json;
import io.lssgen.server.jobs.JobFields;
import io.lssgen.server.jobs.Wanted;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Makes the pictures of one request after the other. */
final class BatchRun {
  /** As the command line's: no limits but the library's own. */
  private static final JobFields FIELDS =
      new JobFields(
          new Limits(
              1,
              1,
              1L << 28,
              10_000,
              GenerationRequest.MAXIMUM_IMAGES,
              GenerationRequest.MAXIMUM_PROMPT,
              1));

  private final TextToImage model;
  private final SamplingOptions sampling;
  private final Path folder;
  private final BatchResults results;
  private final Cancellation cancellation;
  private final long begin = System.nanoTime();
  private long made;
  private long failed;
  private long there;
  private long pictures;

  /**
   * @param sampling what the command line changes of each request
   * @param folder of the pictures
   * @param results where it is noted what became of each
   */
  BatchRun(
      TextToImage model,
      SamplingOptions sampling,
      Path folder,
      BatchResults results,
      Cancellation cancellation) {
    this.model = model;
    this.sampling = sampling;
    this.folder = folder;
    this.results = results;
    this.cancellation = cancellation;
  }

  /** Whether it was asked to end. */
  boolean isStopped() {
    return cancellation.stopsAfterImage();
  }

  /**
   * Makes a request's pictures, unless they are there.
   *
   * @return what to tell; empty: nothing
   * @throws ModelException if the model is corrupt: no other request would fare better
   * @throws CancelledException if it was aborted
   */
  String take(BatchFile.Line line) {
    if (results.has(line)) {
      there++;
      return "";
    }
    Fields fields = new Fields(line.body());
    ObjectNode result = Json.object();
    String outcome;
    try {
      long before = System.nanoTime();
      List<String> files = make(line, fields, result);
      if (files.isEmpty()) {
        return ""; // asked to end before all of them were made
      }
      result.put("seconds", (System.nanoTime() - before) / 1e9);
      made++;
      pictures += files.size();
      outcome = String.join(", ", files);
    } catch (ModelException | CancelledException e) {
      throw e;
    } catch (LssGenException e) {
      failed++;
      outcome = ErrorReport.oneLine(e.getMessage());
      result.removeAll().put("error", outcome);
    }
    results.add(line, result);
    return "%s: %s".formatted(line.id(), outcome);
  }

  private List<String> make(BatchFile.Line line, Fields fields, ObjectNode result) {
    GenerationRequest request = request(fields);
    Recipe recipe = model.recipe(request);
    List<String> files = new ArrayList<>();
    GenerationListener writer =
        new GenerationListener() {
          @Override
          public void imageDone(int index, long seed, RgbImage image) {
            String name = name(line.id(), index, request.images());
            recipe.write(folder.resolve(name), image, seed, IfExists.REPLACE);
            files.add(name);
          }
        };
    GenerationResult done = model.generate(request, writer, cancellation);
    if (files.size() < request.images()) {
      return List.of();
    }
    List<String> warnings = new ArrayList<>(fields.warnings());
    warnings.addAll(model.warnings(recipe));
    list(result, "files", files);
    ArrayNode seeds = result.putArray("seeds");
    done.seeds().forEach(seeds::add);
    if (!warnings.isEmpty()) {
      list(result, "warnings", warnings);
    }
    return files;
  }

  private GenerationRequest request(Fields fields) {
    String own = model.defaults().name();
    fields
        .text("model", GenerationRequest.MAXIMUM_PROMPT)
        .filter(name -> !name.equals(own))
        .ifPresent(
            name -> {
              throw ApiException.unprocessable(
                  "model",
                  "the request is for the model '%s', this run has '%s'; leave it out or name the model by --model"
                      .formatted(name, own));
            });
    Wanted wanted = FIELDS.read(fields, own, false);
    return sampling.apply(wanted.request().builder(model.defaults(), 0, wanted.picture())).build();
  }

  private static void list(ObjectNode node, String name, List<String> texts) {
    ArrayNode list = node.putArray(name);
    texts.forEach(list::add);
  }

  /** {@code cat.png}, or {@code cat+000.png} where there are several: no id has a plus. */
  private static String name(String id, int index, int images) {
    return images == 1 ? id + ".png" : String.format(Locale.ROOT, "%s+%03d.png", id, index);
  }

  /** What the process ends with. */
  int exitCode(boolean whole) {
    if (!whole) {
      return ExitCode.INTERRUPTED;
    }
    return failed == 0 ? ExitCode.OK : made + there > 0 ? ExitCode.PARTIAL_BATCH : ExitCode.FAILURE;
  }

  /** What became of them all. */
  Summary summary(boolean whole) {
    return new Summary(
        made, failed, there, pictures, (System.nanoTime() - begin) / 1e9, results.file(), whole);
  }

  /**
   * What a run did.
   *
   * @param made requests
   * @param failed requests
   * @param there requests that an earlier run made
   * @param pictures of those that were made
   * @param seconds without loading the model
   * @param results where it is told of each
   * @param whole whether it came to the end
   */
  record Summary(
      long made,
      long failed,
      long there,
      long pictures,
      double seconds,
      Path results,
      boolean whole) {

    /** A line for a person. */
    String human() {
      return String.format(
          Locale.ROOT,
          "%d request(s) made, %d failed, %d made before; %d picture(s) in %.1f s; see %s%s",
          made,
          failed,
          there,
          pictures,
          seconds,
          results,
          whole ? "" : "; not all were tried");
    }

    /** One object. */
    String json() {
      ObjectNode node = Json.object().put("schema", "lssgen-batch-1").put("made", made);
      node.put("failed", failed).put("made_before", there).put("pictures", pictures);
      node.put("seconds", seconds).put("results", results.toString()).put("complete", whole);
      return Json.write(node);
    }
  }
}
