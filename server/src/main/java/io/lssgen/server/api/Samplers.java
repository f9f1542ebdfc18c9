package io.lssgen.server.api;

import io.lssgen.errors.ModelException;
import io.lssgen.errors.UsageException;
import io.lssgen.pipeline.GenerationRequest;
import io.lssgen.pipeline.TextToImage;
import io.lssgen.schedule.SamplingMethod;
import io.lssgen.schedule.SigmaSchedule;
import io.lssgen.server.models.ModelShelf;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** The sampling methods and noise level spacings that the loaded model can be asked for. */
public final class Samplers {
  private Samplers() {}

  /** The methods that the loaded model takes; all there are if none is loaded. */
  public static List<SamplingMethod> methods(ModelShelf shelf) {
    return taken(SamplingMethod.values(), shelf, each -> probe().samplingMethod(each).build());
  }

  /** The spacings that the loaded model takes, with its own method. */
  public static List<SigmaSchedule> spacings(ModelShelf shelf) {
    return taken(SigmaSchedule.values(), shelf, each -> probe().sigmaSchedule(each).build());
  }

  /** The names of {@link #methods}. */
  public static List<String> labels(ModelShelf shelf) {
    return methods(shelf).stream().map(SamplingMethod::label).toList();
  }

  /** The names of {@link #spacings}. */
  public static List<String> schedulers(ModelShelf shelf) {
    return spacings(shelf).stream().map(SigmaSchedule::label).toList();
  }

  private static GenerationRequest.Builder probe() {
    return GenerationRequest.builder("a picture");
  }

  private static <T> List<T> taken(
      T[] all, ModelShelf shelf, Function<T, GenerationRequest> request) {
    Optional<ModelShelf.Loaded> loaded = shelf.loaded();
    return Arrays.stream(all)
        .filter(each -> loaded.isEmpty() || takes(loaded.get().pipeline(), request.apply(each)))
        .toList();
  }

  private static boolean takes(TextToImage model, GenerationRequest request) {
    try {
      model.plan(request);
      return true;
    } catch (UsageException | ModelException e) {
      return false; // also where the method bears less than the model's own file says
    }
  }
}
