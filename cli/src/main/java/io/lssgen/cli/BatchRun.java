package io.lssgen.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lssgen.errors.LssGenException;
import io.lssgen.errors.MemoryException;
import io.lssgen.files.AtomicFile.IfExists;
import io.lssgen.files.Sha256;
import io.lssgen.image.ImageFiles;
import io.lssgen.image.RgbImage;
import io.lssgen.pipeline.GenerationListener;
import io.lssgen.pipeline.GenerationRequest;
import io.lssgen.pipeline.GenerationResult;
import io.lssgen.pipeline.ModelDefaults;
import io.lssgen.pipeline.Recipe;
import io.lssgen.pipeline.TextToImage;
import io.lssgen.sampling.Cancellation;
import io.lssgen.sampling.CancelledException;
import io.lssgen.server.Limits;
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
  private static final JobFields FIELDS =
      new JobFields(
          Limits.usual()
              .withPixels(ImageFiles.MAXIMUM_PIXELS)
              .withPictures(
                  10_000, GenerationRequest.MAXIMUM_IMAGES, GenerationRequest.MAXIMUM_PROMPT),
          Path::of); // ControlNets by their places: the file is the user's own

  /** As often in a row the same failure is that of the run, not of its requests. */
  private static final int SAME_FAILURES = 20;

  private final TextToImage model;
  private final SamplingOptions sampling;
  private final Path folder;
  private final BatchResults results;
  private final Cancellation cancellation;
  private final String settings;
  private final long begin = System.nanoTime();
  private long made;
  private long failed;
  private long madeBefore;
  private long warned;
  private long pictures;
  private String failure = "";
  private int sameFailures;

  /** The disk refuses: no other request would fare better. */
  private static final class WriteException extends LssGenException {
    private static final long serialVersionUID = 1L;

    WriteException(LssGenException cause) {
      super(String.valueOf(cause.getMessage()), cause);
    }
  }

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
    GenerationRequest request = sampling.request("any").seed(0).build();
    settings =
        Sha256.digits(
            String.join(
                "\n",
                model.weights(),
                sampled(model.defaults()),
                model.sampling(request).toString(),
                request.toString()),
            BatchFile.DIGEST_DIGITS);
  }

  /** What of a model's defaults changes pictures. */
  private static String sampled(ModelDefaults defaults) {
    return "%s %d %s %s %dx%d %s"
        .formatted(
            defaults.name(),
            defaults.steps(),
            defaults.guidance(),
            defaults.cfgScale(),
            defaults.width(),
            defaults.height(),
            defaults.stages());
  }

  /** Whether it was asked to end, or gave up. */
  boolean isStopped() {
    return cancellation.stopsAfterImage() || isGivenUp();
  }

  /** Whether one failure came so often that it must be the run's. */
  boolean isGivenUp() {
    return sameFailures >= SAME_FAILURES;
  }

  /**
   * True.
   *
   * @throws io.lssgen.errors.UsageException if another request was made by this id, or in another
   *     way
   */
  boolean check(BatchFile.Line line) {
    results.requireNewOrSame(line, settings);
    return true;
  }

  /**
   * Makes a request's pictures, unless they are there.
   *
   * @return what to tell; empty: nothing
   * @throws LssGenException if the disk refuses
   * @throws CancelledException if it was aborted
   */
  String take(BatchFile.Line line) {
    if (results.has(line)) {
      madeBefore++;
      return "";
    }
    ObjectNode result = Json.object();
    String outcome;
    try {
      outcome = made(line, result);
      if (outcome.isEmpty()) {
        return "not all pictures were made; they will be made again";
      }
    } catch (WriteException | CancelledException e) {
      throw e;
    } catch (LssGenException e) {
      outcome = failed(e, result);
    } catch (OutOfMemoryError e) {
      outcome = failed(MemoryException.of(e), result);
    }
    results.add(line, settings, result);
    return outcome;
  }

  private String failed(LssGenException e, ObjectNode result) {
    String message = ErrorReport.oneLine(e.getMessage());
    failed++;
    sameFailures = message.equals(failure) ? sameFailures + 1 : 1;
    failure = message;
    result.removeAll().put("error", message);
    return isGivenUp()
        ? "%s; the same %d times in a row, so the run ends".formatted(message, SAME_FAILURES)
        : message;
  }

  /** Empty if it was asked to end before all of them were made. */
  private String made(BatchFile.Line line, ObjectNode result) {
    long before = System.nanoTime();
    Fields fields = new Fields(line.body());
    GenerationRequest request = request(fields);
    Recipe recipe = model.recipe(request);
    List<String> files = new ArrayList<>();
    GenerationListener writer =
        new GenerationListener() {
          @Override
          public void imageDone(int index, long seed, RgbImage image) {
            String name = BatchResults.name(line, index, request.images());
            write(recipe, name, image, seed);
            files.add(name);
          }
        };
    GenerationResult done = model.generate(request, writer, cancellation);
    if (files.size() < request.images()) {
      return "";
    }
    list(result, "files", files);
    ArrayNode seeds = result.putArray("seeds");
    done.seeds().forEach(seeds::add);
    result.put("seconds", (System.nanoTime() - before) / 1e9);
    List<String> warnings = new ArrayList<>(fields.warnings());
    warnings.addAll(model.warnings(recipe));
    made++;
    pictures += files.size();
    sameFailures = 0;
    String told = files.size() <= 3 ? String.join(", ", files) : files.get(0) + " and so on";
    if (warnings.isEmpty()) {
      return told;
    }
    warned++;
    list(result, "warnings", warnings);
    return "%s (warning: %s)".formatted(told, String.join("; ", warnings));
  }

  private void write(Recipe recipe, String name, RgbImage image, long seed) {
    try {
      recipe.write(folder.resolve(name), image, seed, IfExists.REPLACE);
    } catch (LssGenException e) {
      throw new WriteException(e);
    }
  }

  private GenerationRequest request(Fields fields) {
    String own = model.defaults().name();
    fields
        .text("model", GenerationRequest.MAXIMUM_PROMPT)
        .filter(name -> !name.isEmpty() && !name.equals(own))
        .ifPresent(name -> fields.warn("model has no effect: this run has " + own));
    fields.accept("user", "metadata");
    fields.withoutEffect("quality", "style", "moderation", "background", "stream");
    fields.withoutEffect("response_format", "output_compression", "partial_images", "previews");
    fields
        .text("output_format", GenerationRequest.MAXIMUM_PROMPT)
        .filter(name -> !name.equals("png"))
        .ifPresent(name -> fields.warn("output_format has no effect: files are PNG"));
    Wanted wanted = FIELDS.read(fields, own, false);
    return sampling.apply(wanted.request().builder(model, 0, wanted.pictures())).build();
  }

  private static void list(ObjectNode node, String name, List<String> texts) {
    ArrayNode list = node.putArray(name);
    texts.forEach(list::add);
  }

  /** What the process ends with. */
  int exitCode(boolean whole) {
    if (!whole && !isGivenUp()) {
      return ExitCode.INTERRUPTED;
    }
    return failed == 0
        ? ExitCode.OK
        : made + madeBefore > 0 ? ExitCode.PARTIAL_BATCH : ExitCode.FAILURE;
  }

  /** What became of them all. */
  Summary summary(boolean whole) {
    return new Summary(
        made,
        failed,
        madeBefore,
        warned,
        pictures,
        (System.nanoTime() - begin) / 1e9,
        results.file(),
        whole);
  }

  /**
   * What a run did.
   *
   * @param made requests
   * @param failed requests
   * @param madeBefore requests that an earlier run made
   * @param warned those made that were warned of
   * @param pictures of those that were made
   * @param seconds without loading the model
   * @param results where it is told of each
   * @param whole whether it came to the end
   */
  record Summary(
      long made,
      long failed,
      long madeBefore,
      long warned,
      long pictures,
      double seconds,
      Path results,
      boolean whole) {

    /** A line for a person, with its end. */
    String human() {
      return String.format(
          Locale.ROOT,
          "%d request(s) made%s, %d failed, %d made before; %d picture(s) in %.1f s; see %s%s%n",
          made,
          warned == 0 ? "" : " (" + warned + " with warnings)",
          failed,
          madeBefore,
          pictures,
          seconds,
          results,
          whole ? "" : "; not all were tried");
    }

    /** One object. */
    String json() {
      ObjectNode node = Json.object().put("schema", "lssgen-batch-1").put("made", made);
      node.put("failed", failed).put("made_before", madeBefore).put("warned", warned);
      node.put("pictures", pictures).put("seconds", seconds);
      node.put("results", results.toString()).put("complete", whole);
      return Json.write(node);
    }
  }
}
