package io.lssgen.cli;

import io.lssgen.model.ModelParts;
import io.lssgen.pipeline.PipelineLoader;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Where models and their parts come from, and how they are kept in memory. */
final class LoadingOptions {
  @Mixin private ModelSource source = new ModelSource();

  @Mixin private PartsOptions parts = new PartsOptions();

  @Option(
      names = "--upsampler",
      paramLabel = "MODEL",
      description =
          "Latent upsampler: a folder, or org/name[@revision]. Default: the folder upsampler in the"
              + " model's, else the one that comes along for its latents.")
  private @Nullable Path upsampler;

  @Option(
      names = "--lora-dir",
      paramLabel = "DIR",
      description = "Folder of the LoRAs that a prompt names as <lora:name:0.8>.")
  private @Nullable Path loraFolder;

  @Option(
      names = "--dtype",
      completionCandidates = Choices.Precisions.class,
      paramLabel = "TYPE",
      description =
          "What the model computes in: fp32, bf16 or auto, bf16 where the processor has"
              + " instructions for it and fp32 elsewhere. Default: the model's, mostly fp32."
              + " Components with a type of their own keep it.")
  private @Nullable Precision precision;

  @Option(
      names = "--component-dtype",
      paramLabel = "NAME=TYPE",
      description =
          "Another type for one component: transformer, unet, vae, text_encoder, text_encoder_2,"
              + " text_encoder_3 or upsampler, as vae=fp32; repeatable.")
  private Map<String, Precision> componentTypes = new LinkedHashMap<>();

  @Option(
      names = "--no-mmap",
      description =
          "Copy weights into memory when the model is loaded, instead of mapping their files.")
  private boolean copied;

  @Option(
      names = "--weights-as-stored",
      description =
          "Keep weights in their files' type and convert each when it is used: for fp32 with files"
              + " of fp16 or bf16 half the memory, a little slower, the same pictures.")
  private boolean stored;

  @Option(
      names = "--vae-tiling",
      description = "Decode large pictures in overlapping tiles: less memory, slight differences.")
  private boolean vaeTiling;

  private @Nullable Path upsamplerFolder;
  private ModelParts modelParts = ModelParts.OWN;

  /**
   * The folder of a model, without the parts that come from elsewhere, which is fetched if it is on
   * the hub alone.
   *
   * @param err where progress is shown
   */
  Path find(Path model, PrintWriter err, OutputFormat format) {
    return source.find(model, parts.wanted(), err, format);
  }

  /**
   * Where a network is that stands beside the model, which is fetched if it is on the hub alone.
   */
  Path findBeside(Path named, PrintWriter err, OutputFormat format) {
    return source.find(named, err, format);
  }

  /**
   * Finds the parts and the upsampler that were named, before {@link #loader} is called.
   *
   * @param model the folder or file of the model, asked for if a folder completes it
   */
  void findParts(Supplier<Path> model, PrintWriter err, OutputFormat format) {
    modelParts = parts.find(model, (named, wanted) -> source.find(named, wanted, err, format));
    upsamplerFolder = upsampler == null ? null : source.find(upsampler, err, format);
  }

  /** Whether something was named that fits one model alone. */
  boolean arePartsNamed() {
    return parts.areNamed() || upsampler != null;
  }

  /** The autoencoder that was named. */
  Optional<Path> replacedVae() {
    return Optional.ofNullable(modelParts.replaced().get("vae"));
  }

  /** The folder of LoRAs that was named. */
  Optional<Path> loraFolder() {
    return Optional.ofNullable(loraFolder);
  }

  /** Whether weights are copied into memory. */
  boolean copies() {
    return copied;
  }

  /** What loads a model as was asked for, but for its folder of LoRAs. */
  PipelineLoader loader(Path model) {
    PipelineLoader loader =
        PipelineLoader.of(model)
            .parts(modelParts)
            .tiling(vaeTiling)
            .memoryMapped(!copied)
            .convertedWeights(!stored);
    if (precision != null) {
      loader = loader.dtype(precision.type());
    }
    for (Map.Entry<String, Precision> each : componentTypes.entrySet()) {
      loader = loader.dtype(each.getKey(), each.getValue().type());
    }
    return upsamplerFolder == null ? loader : loader.upsampler(upsamplerFolder);
  }
}
