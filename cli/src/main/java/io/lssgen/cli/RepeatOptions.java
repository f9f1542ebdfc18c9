package io.lssgen.cli;

import io.lssgen.errors.UsageException;
import io.lssgen.image.GenerationMetadata;
import io.lssgen.image.ImageFiles;
import io.lssgen.image.RgbImage;
import io.lssgen.pipeline.EmbeddedModel;
import io.lssgen.pipeline.GenerationRequest;
import io.lssgen.pipeline.MaskedContent;
import io.lssgen.pipeline.Recipe;
import io.lssgen.pipeline.RecordedRequest;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Making a picture again from what its file tells. */
final class RepeatOptions {
  private static final String LORA = "LoRA";

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
    requireLoras(found, sampling.loraNames());
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
    String name =
        found
            .model()
            .orElseThrow(
                () ->
                    new UsageException(
                        "%s does not name its model; name its folder by --model"
                            .formatted(picture)));
    if (EmbeddedModel.named(name).isEmpty()) {
      throw new UsageException(
          "%s was made by the model '%s'; name its folder by --model".formatted(picture, name));
    }
    sampling.suggestModel(name);
  }

  private void requireLoras(RecordedRequest found, List<String> named) {
    List<String> missing = new ArrayList<>(found.loras());
    missing.removeIf(lora -> named.contains(lora.substring(0, lora.lastIndexOf(':'))));
    if (!missing.isEmpty()) {
      throw new UsageException(
          "%s was made with the LoRA %s; name its file and that weight by --lora"
              .formatted(picture, String.join(", ", missing)));
    }
  }

  /**
   * What the file asks for; without one, nothing but an empty prompt.
   *
   * @param replaced names of settings that options take the place of
   * @param begin the picture that is begun with, if any
   * @param controls how many pictures to follow are named
   * @param withNoise whether noise is given
   * @throws UsageException if the file's run began with something that is not in the file
   */
  GenerationRequest.Builder request(
      Set<String> replaced, InitialPictureOptions begin, int controls, boolean withNoise) {
    if (recorded == null) {
      return GenerationRequest.builder("");
    }
    if (recorded.strength().isPresent() && !begin.present()) {
      throw new UsageException(
          "%s was begun with another picture; name that by --init-img".formatted(picture));
    }
    if (recorded.wasLookedAt() && !begin.present()) {
      throw new UsageException(
          "%s was made looking at another picture; name that by --ref-image".formatted(picture));
    }
    if (recorded.hasMask() && !begin.hasMask()) {
      throw new UsageException(
          "%s was made with a mask over another picture; name that by --mask".formatted(picture));
    }
    int followed = recorded.followed().size();
    if (controls < followed) {
      throw new UsageException(
          "%s was made following %d other picture(s), found %d; name them by --control-image, and their ControlNets by --control-net"
              .formatted(picture, followed, controls));
    }
    if (recorded.hasOwnNoise() && !withNoise) {
      throw new UsageException(
          "%s was begun with noise of its own; name its file by --latents".formatted(picture));
    }
    RecordedRequest left = recorded.without(replaced);
    boolean oneStage = begin.isOneStage(strength()) && !recorded.wasLookedAt();
    return (oneStage ? left.inOneStage() : left).request();
  }

  /** The strength that the file tells. */
  OptionalDouble strength() {
    return recorded == null ? OptionalDouble.empty() : recorded.strength();
  }

  /** How far the file tells that a mask's edges were softened. */
  OptionalDouble maskBlur() {
    return recorded == null ? OptionalDouble.empty() : recorded.maskBlur();
  }

  /** How far around a mask the file tells was looked at. */
  OptionalInt maskPadding() {
    return recorded == null ? OptionalInt.empty() : recorded.maskPadding();
  }

  /** What the file tells was begun with in a mask. */
  Optional<MaskedContent> maskedContent() {
    return recorded == null ? Optional.empty() : recorded.maskedContent();
  }

  /** How the file tells that pictures were followed. */
  List<RecordedRequest.Followed> followed() {
    return recorded == null ? List.of() : recorded.followed();
  }

  /** What of the model is not as it was, a sentence each. */
  List<String> differences(Recipe recipe) {
    List<String> differences = new ArrayList<>();
    if (recorded != null && recorded.weights().isPresent()) {
      Map<String, String> then = recorded.metadata().settings();
      Map<String, String> now = recipe.metadata(0).settings();
      Set<String> names = new TreeSet<>(List.of("Model hash", LORA, GenerationMetadata.MASK));
      Stream.concat(then.keySet().stream(), now.keySet().stream())
          .filter(name -> name.startsWith(GenerationMetadata.CONTROL + " "))
          .forEach(names::add);
      for (String name : names) {
        String was = then.getOrDefault(name, "none");
        String is = now.getOrDefault(name, "none");
        if (!was.equals(is)) {
          differences.add("%s of %s was %s, is %s".formatted(name, picture, was, is));
        }
      }
    }
    return differences;
  }

  /**
   * Compares the first picture with the one that was to be made again.
   *
   * @param written at least one
   * @param differences of the model
   */
  Optional<Verification> verify(List<PictureFiles.Written> written, List<String> differences) {
    if (original == null || picture == null || written.isEmpty()) {
      return Optional.empty();
    }
    Path again = written.get(0).file();
    List<String> changes = new ArrayList<>(differences);
    changes.addAll(changes(metadata(again).environment()));
    return Optional.of(Verification.of(picture, original, again, changes));
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
