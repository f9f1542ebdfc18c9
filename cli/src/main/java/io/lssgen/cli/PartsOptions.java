package io.lssgen.cli;

import io.lssgen.hub.WantedWeights;
import io.lssgen.model.ModelIndex;
import io.lssgen.model.ModelParts;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Parts of a model that come from elsewhere. */
final class PartsOptions {
  private static final Path NONE = Path.of("none");

  @Option(
      names = "--vae",
      paramLabel = "PART",
      description =
          "Autoencoder: a folder, a file in diffusers' or the original names, or"
              + " org/name[@revision] on the Hugging Face hub. Of a whole model, its autoencoder.")
  private @Nullable Path vae;

  @Option(
      names = "--unet",
      paramLabel = "PART",
      description =
          "UNet, as LCM-SDXL's: a folder with its config.json, a file that the model's own describes,"
              + " or org/name[@revision], as"
              + " latent-consistency/lcm-sdxl. Of a whole model, its UNet, without its LoRAs.")
  private @Nullable Path unet;

  @Option(
      names = {"--text-encoder", "--clip-l", "--clip_l"},
      paramLabel = "PART",
      description =
          "First text encoder: a folder, a file or org/name[@revision]. Of a whole model, its first.")
  private @Nullable Path textEncoder;

  @Option(
      names = {"--text-encoder-2", "--clip-g", "--clip_g"},
      paramLabel = "PART",
      description =
          "Second text encoder: a folder, a file or org/name[@revision]. Of a whole model, its"
              + " second.")
  private @Nullable Path textEncoder2;

  @Option(
      names = "--t5xxl",
      paramLabel = "PART",
      description =
          "T5's encoder, of FLUX.1 or Stable Diffusion 3: a folder, a file or org/name[@revision]. Of"
              + " a whole model, its T5. The word none leaves it out of Stable Diffusion 3, which can"
              + " do without: 9 GB less.")
  private @Nullable Path t5;

  @Option(
      names = "--components",
      paramLabel = "MODEL",
      description =
          "What has the components that a model of one file lacks: a diffusers folder, or"
              + " org/name[@revision], of which only those are fetched. Default: the file's own"
              + " folder.")
  private @Nullable Path components;

  @Option(
      names = "--variant",
      paramLabel = "NAME",
      description =
          "Variant of the weights of a model's folder, for instance fp16; not of parts from"
              + " elsewhere.")
  private @Nullable String variant;

  /** Which of the model's own weights are read. */
  WantedWeights wanted() {
    return new WantedWeights(Optional.ofNullable(variant), named().keySet(), Optional.empty());
  }

  /** Whether there is something to be found. */
  boolean areNamed() {
    return !named().isEmpty() || components != null;
  }

  /** The model's own parts, in the variant that was named. */
  ModelParts own() {
    return variant == null ? ModelParts.OWN : ModelParts.OWN.variant(variant);
  }

  private Map<String, Path> named() {
    Map<String, Path> named = new TreeMap<>();
    SamplingOptions.set(vae, place -> named.put("vae", place));
    SamplingOptions.set(unet, place -> named.put("unet", place));
    SamplingOptions.set(textEncoder, place -> named.put("text_encoder", place));
    SamplingOptions.set(textEncoder2, place -> named.put("text_encoder_2", place));
    SamplingOptions.set(t5, place -> named.put(ModelParts.T5, place));
    return named;
  }

  /**
   * Finds what was named.
   *
   * @param model the folder or file of the model, asked for if a folder completes it
   * @param finder gives the folder of what is on the hub alone
   */
  ModelParts find(Supplier<Path> model, BiFunction<Path, WantedWeights, Path> finder) {
    ModelParts parts = own();
    for (Map.Entry<String, Path> each : named().entrySet()) {
      if (each.getKey().equals(ModelParts.T5) && each.getValue().equals(NONE)) {
        parts = parts.leavingOutT5();
        continue;
      }
      WantedWeights alone = WantedWeights.only(each.getKey());
      parts = parts.replace(each.getKey(), finder.apply(each.getValue(), alone));
    }
    if (components != null) {
      Path completed = model.get();
      // A folder needs none, which is told when it is loaded: nothing is fetched for that.
      parts =
          parts.folder(
              Files.isDirectory(completed)
                  ? components
                  : finder.apply(components, lacking(completed)));
    }
    return parts;
  }

  /** What a model of one file lacks. */
  private WantedWeights lacking(Path file) {
    Set<String> here = new HashSet<>(named().keySet());
    ModelIndex index = ModelIndex.read(file);
    index.components().keySet().stream().filter(index::isPartOfFile).forEach(here::add);
    return WantedWeights.elsewhere(here);
  }
}
