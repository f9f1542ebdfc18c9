package io.lssgen.pipeline;

import io.lssgen.errors.UsageException;
import io.lssgen.hub.ModelHub;
import io.lssgen.lora.LoraFolder;
import io.lssgen.lora.LoraSwitch;
import io.lssgen.model.ImageModel;
import io.lssgen.model.LoadOptions;
import io.lssgen.model.ModelFamilies;
import io.lssgen.scaling.NeuralScaler;
import io.lssgen.schedule.Schedulers;
import io.lssgen.tensor.DType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Opens model folders. Each {@code with}-like call gives a changed copy:
 *
 * <pre>{@code
 * TextToImage model = PipelineLoader.of(folder).dtype(DType.BF16).load();
 * }</pre>
 *
 * @param folder of a model in the diffusers layout
 * @param dtype what the model computes in, fp32 or bf16
 * @param upsampler folder of the latent upsampler; empty: {@code upsampler} in the model's folder,
 *     if it is there, which is read when a run first scales by it
 * @param loraFolder where the LoRAs that prompts name are looked up
 * @param tiling whether the autoencoder passes large pictures in overlapping tiles
 */
public record PipelineLoader(
    Path folder, DType dtype, Optional<Path> upsampler, Optional<Path> loraFolder, boolean tiling) {

  /** The upsampler's folder inside a model's. */
  static final String UPSAMPLER_FOLDER = "upsampler";

  public PipelineLoader {
    if (dtype != DType.F32 && dtype != DType.BF16) {
      throw new UsageException("a model computes in fp32 or bf16, found " + dtype.label());
    }
  }

  /**
   * Loads {@code folder}, in the type that its {@code lssgen.json} names, else in fp32.
   *
   * @throws io.lssgen.errors.ModelException if that file is damaged
   */
  public static PipelineLoader of(Path folder) {
    return new PipelineLoader(
        folder, ModelDefaults.dtype(folder), Optional.empty(), Optional.empty(), false);
  }

  /**
   * Loads a model by its folder or by its name on the Hugging Face hub, {@code
   * org/name[@revision]}, from the cache or, where that lacks it, from the hub.
   *
   * @throws io.lssgen.errors.ModelException if there is no such model, or it may not be fetched
   * @throws io.lssgen.errors.LssGenException if a download fails
   * @see ModelHub
   */
  public static PipelineLoader named(String pathOrName) {
    return of(ModelHub.ofEnvironment().folder(pathOrName));
  }

  /** With another type to compute in. */
  public PipelineLoader dtype(DType value) {
    return new PipelineLoader(folder, value, upsampler, loraFolder, tiling);
  }

  /** With an upsampler from another place than the model's folder. */
  public PipelineLoader upsampler(Path value) {
    return new PipelineLoader(folder, dtype, Optional.of(value), loraFolder, tiling);
  }

  /** With a folder of LoRA files, which prompts name as {@code <lora:name:0.8>}. */
  public PipelineLoader loraFolder(Path value) {
    return new PipelineLoader(folder, dtype, upsampler, Optional.of(value), tiling);
  }

  /** Whether the autoencoder passes large pictures in tiles, which bounds the memory. */
  public PipelineLoader tiling(boolean value) {
    return new PipelineLoader(folder, dtype, upsampler, loraFolder, value);
  }

  /**
   * Loads the model.
   *
   * @return the caller's to close
   * @throws io.lssgen.errors.ModelException if the model, or the upsampler that was named, is
   *     missing, incomplete, damaged or of a kind that is not supported
   */
  public TextToImage load() {
    EngineThread engine = new EngineThread();
    try {
      return new TextToImage(folder, engine, engine.call(this::loadParts, () -> {}));
    } catch (RuntimeException | Error e) {
      engine.close();
      throw e;
    }
  }

  private LoadedModel loadParts() {
    ImageModel model = ModelFamilies.load(folder, new LoadOptions(dtype, tiling));
    UpsamplerSlot slot = new UpsamplerSlot(upsampler.or(this::ownUpsampler), dtype);
    try {
      Schedulers.of(model.scheduler()); // refuses an unknown one now
      String name = ModelHub.nameOf(folder);
      if (upsampler.isPresent()) {
        // Refuses one for other channels now, not when its first run begins.
        new NeuralScaler(slot.network(name), model.latents().channels(), dtype);
      }
      return new LoadedModel(
          model,
          dtype,
          ModelDefaults.of(model, name).overriddenBy(folder),
          WeightsFingerprint.of(folder.resolve(model.denoiserName())),
          slot,
          new LoraSwitch(model.components().parameters()),
          loraFolder.map(LoraFolder::new));
    } catch (RuntimeException e) {
      slot.close();
      model.close();
      throw e;
    }
  }

  private Optional<Path> ownUpsampler() {
    Path own = folder.resolve(UPSAMPLER_FOLDER);
    return Files.isDirectory(own) ? Optional.of(own) : Optional.empty();
  }
}
