package io.lssgen.server.jobs;

import io.lssgen.errors.UsageException;
import io.lssgen.pipeline.TextToImage;
import io.lssgen.sampling.StagePlan;
import io.lssgen.server.Limits;
import io.lssgen.server.http.ApiException;
import io.lssgen.server.http.Fields;
import io.lssgen.server.models.ModelShelf;
import io.lssgen.server.pictures.SentPicture;
import io.lssgen.server.store.JobPictures;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads what is wanted from a client's fields, each checked against the limits before anything is
 * done with it.
 *
 * @param limits of this server
 * @param shelf of models
 */
public record RequestReader(Limits limits, ModelShelf shelf) {
  private static final int LONGEST_NAME = 200;

  /**
   * What is asked for; of a mask, white says what is made anew.
   *
   * @param previews whether listeners are shown pictures of the way unless the client says
   * @throws ApiException if a field is of the wrong kind or beyond its range, or the model, if it
   *     is loaded, cannot carry it out
   */
  public Wanted read(Fields fields, boolean previews) {
    requireLoras(fields);
    return planned(own().read(fields, model(fields), previews));
  }

  /**
   * As {@link #read(Fields, boolean)}, with another kind of picture.
   *
   * @param sent reads what is begun with, null for noise alone
   */
  public Wanted read(Fields fields, boolean previews, Supplier<@Nullable SentPicture> sent) {
    requireLoras(fields);
    return planned(own().read(fields, model(fields), previews, sent));
  }

  private JobFields own() {
    return new JobFields(limits, shelf::controlNet);
  }

  /** Asked before pictures are decoded, which costs much more. */
  private void requireLoras(Fields fields) {
    try {
      shelf.requireLoras(own().prompt(fields));
    } catch (UsageException e) {
      throw ApiException.unprocessable("prompt", String.valueOf(e.getMessage()));
    }
  }

  private Wanted planned(Wanted wanted) {
    shelf
        .loaded(wanted.request().model())
        .ifPresent(model -> plan(model, wanted.request(), wanted.pictures()));
    return wanted;
  }

  /**
   * The stages that the request goes through.
   *
   * @param pictures that came with it
   * @throws ApiException if it cannot be carried out, or would be larger than is allowed
   */
  public StagePlan plan(TextToImage model, JobRequest request, JobPictures pictures) {
    StagePlan plan;
    try {
      plan = model.plan(request.toGeneration(model, 0, pictures));
    } catch (UsageException e) {
      throw ApiException.unprocessable(null, String.valueOf(e.getMessage()));
    }
    own().requirePixels(plan.last().width(), plan.last().height()); // a picture's shape may tell
    return plan;
  }

  /**
   * The model that is asked for.
   *
   * @throws ApiException 404 if there is none of its name
   */
  public String model(Fields fields) {
    String name =
        fields
            .text("model", LONGEST_NAME)
            .filter(each -> !each.isEmpty())
            .orElseGet(shelf::defaultName);
    if (!shelf.has(name)) {
      throw ApiException.notFound(
          "model_not_found",
          "there is no such model here, wanted one of " + String.join(", ", shelf.names()));
    }
    return name;
  }
}
