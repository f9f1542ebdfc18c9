package io.lssgen.cli;

import io.lssgen.hub.WantedWeights;
import io.lssgen.model.ModelParts;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Parts of a model that come from elsewhere. */
final class PartsOptions {
  @Option(
      names = "--vae",
      paramLabel = "PATH",
      description = "Autoencoder: a folder, or a file in diffusers' or the original names.")
  private @Nullable Path vae;

  @Option(
      names = "--unet",
      paramLabel = "DIR",
      description = "UNet that is published alone, as LCM-SDXL's: a folder with its config.json.")
  private @Nullable Path unet;

  @Option(
      names = {"--text-encoder", "--clip-l"},
      paramLabel = "PATH",
      description = "First text encoder, a folder or a file.")
  private @Nullable Path textEncoder;

  @Option(
      names = {"--text-encoder-2", "--t5xxl"},
      paramLabel = "PATH",
      description = "Second text encoder, a folder or a file.")
  private @Nullable Path textEncoder2;

  @Option(
      names = "--components",
      paramLabel = "DIR",
      description =
          "Diffusers folder with what a model of one file lacks. Default: the file's own folder.")
  private @Nullable Path components;

  @Option(
      names = "--variant",
      paramLabel = "NAME",
      description = "Variant of a folder's weights, for instance fp16.")
  private @Nullable String variant;

  /** The autoencoder, if one was named. */
  Optional<Path> vae() {
    return Optional.ofNullable(vae);
  }

  /** Which of the model's own weights are read. */
  WantedWeights wanted() {
    return new WantedWeights(Optional.ofNullable(variant), Set.of());
  }

  /** What was named. */
  ModelParts parts() {
    ModelParts parts = ModelParts.OWN;
    parts = vae == null ? parts : parts.replace("vae", vae);
    parts = unet == null ? parts : parts.replace("unet", unet);
    parts = textEncoder == null ? parts : parts.replace("text_encoder", textEncoder);
    parts = textEncoder2 == null ? parts : parts.replace("text_encoder_2", textEncoder2);
    parts = components == null ? parts : parts.folder(components);
    return variant == null ? parts : parts.variant(variant);
  }
}
