package io.lssgen.cli;

import io.lssgen.errors.UsageException;
import io.lssgen.image.GenerationMetadata;
import io.lssgen.image.ImageFiles;
import io.lssgen.image.RgbImage;
import io.lssgen.pipeline.EmbeddedModel;
import io.lssgen.pipeline.GenerationRequest;
import io.lssgen.pipeline.Recipe;
import io.lssgen.pipeline.RecordedRequest;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Making a picture again from what its file tells. */
final class RepeatOptions {
  @Option(
      names = "--from",
      paramLabel = "FILE",
      description =
          "Make this picture (PNG) again, from the settings in its file; options change them.")
  private @Nullable Path picture;

  @Option(
      names = "--verify",
      description = "Say whether --from came out with the same pixels; exit code 1 if not.")
  private boolean verify;

  private @Nullable RecordedRequest recorded;
  private @Nullable RgbImage original;

  /**
   * Reads the file, if one was named, and takes its model if that comes along.
   *
   * @throws UsageException if it tells nothing, or wants a model or LoRAs that were not named
   */
  void read(SamplingOptions sampling) {
    if (picture == null) {
      if (verify) {
        throw new UsageException("--verify wants a picture to make again; name one by --from");
      }
      return;
    }
    RecordedRequest found = new RecordedRequest(metadata(picture));
    requireModel(found, sampling);
    List<String> missing = new ArrayList<>(found.loras());
    missing.removeAll(sampling.loraNames());
    missing.removeIf(name -> found.metadata().prompt().contains("<lora:" + name + ":"));
    if (!missing.isEmpty()) {
      throw new UsageException(
          "%s was made with the LoRA %s; name its file by --lora"
              .formatted(picture, String.join(", ", missing)));
    }
    recorded = found;
    if (verify) {
      original = ImageFiles.read(picture);
    }
  }

  private static GenerationMetadata metadata(Path file) {
    return GenerationMetadata.read(file)
        .orElseThrow(
            () ->
                new UsageException(
                    "%s does not tell how it was made: wanted PNG texts 'lssgen' or 'parameters'"
                        .formatted(file)));
  }

  private void requireModel(RecordedRequest found, SamplingOptions sampling) {
    if (sampling.namesModel()) {
      return;
    }
    String name = found.model().orElse("");
    if (EmbeddedModel.named(name).isEmpty()) {
      throw new UsageException(
          "%s was made by the model '%s', which does not come along; name its folder by --model"
              .formatted(picture, name));
    }
    sampling.suggestModel(name);
  }

  /** What the file asks for; without one, nothing but an empty prompt. */
  GenerationRequest.Builder request() {
    return recorded == null ? GenerationRequest.builder("") : recorded.request();
  }

  /** The strength that the file tells. */
  OptionalDouble strength() {
    return recorded == null ? OptionalDouble.empty() : recorded.strength();
  }

  /** What of the model is not as it was, a sentence each. */
  List<String> differences(Recipe recipe) {
    if (recorded == null) {
      return List.of();
    }
    String now = recorded(recipe).weights().orElse("");
    return recorded
        .weights()
        .filter(then -> !then.equals(now))
        .map(then -> "%s was made with the weights %s, these are %s".formatted(picture, then, now))
        .stream()
        .toList();
  }

  private static RecordedRequest recorded(Recipe recipe) {
    return new RecordedRequest(recipe.metadata(0));
  }

  /**
   * Compares the first picture with the one that was to be made again.
   *
   * @param written at least one
   */
  Optional<Verification> verify(List<PictureFiles.Written> written) {
    if (original == null || picture == null || written.isEmpty()) {
      return Optional.empty();
    }
    Path again = written.get(0).file();
    return Optional.of(
        Verification.of(picture, original, again, changes(metadata(again).environment())));
  }

  /** What of the environment is not as it was: {@code threads was 2, is 4}. */
  private List<String> changes(Map<String, String> now) {
    if (recorded == null) {
      return List.of();
    }
    List<String> changes = new ArrayList<>();
    recorded
        .metadata()
        .environment()
        .forEach(
            (name, then) -> {
              String found = now.getOrDefault(name, "unknown");
              if (!found.equals(then)) {
                changes.add("%s was %s, is %s".formatted(name, then, found));
              }
            });
    return changes;
  }
}
