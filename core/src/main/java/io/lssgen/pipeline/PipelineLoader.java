package io.lssgen.pipeline;

import io.lssgen.errors.UsageException;
import io.lssgen.model.ImageModel;
import io.lssgen.model.LoadOptions;
import io.lssgen.model.ModelFamilies;
import io.lssgen.scaling.LatentSpace;
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
 * @param upsampler folder of the latent upsampler; empty: {@code upsampler} in the model's folder
 *     if it is there, else the one that comes along for the model's {@link LatentSpace}; those are
 *     read when a run first scales by them
 * @param tiling whether the autoencoder passes large pictures in overlapping tiles
 */
public record PipelineLoader(Path folder, DType dtype, Optional<Path> upsampler, boolean tiling) {

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
    return new PipelineLoader(folder, ModelDefaults.dtype(folder), Optional.empty(), false);
  }

  /** With another type to compute in. */
  public PipelineLoader dtype(DType value) {
    return new PipelineLoader(folder, value, upsampler, tiling);
  }

  /** With an upsampler from another place than the model's folder. */
  public PipelineLoader upsampler(Path value) {
    return new PipelineLoader(folder, dtype, Optional.of(value), tiling);
  }

  /** Whether the autoencoder passes large pictures in tiles, which bounds the memory. */
  public PipelineLoader tiling(boolean value) {
    return new PipelineLoader(folder, dtype, upsampler, value);
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
    UpsamplerSlot slot = slot(model);
    try {
      Schedulers.of(model.scheduler()); // refuses an unknown one now
      String name = folder.toAbsolutePath().normalize().getFileName().toString();
      if (upsampler.isPresent()) {
        // Refuses one for other latents now, not when its first run begins.
        NeuralScaler.of(slot.network(name), model.codec(), dtype);
      }
      return new LoadedModel(
          model,
          dtype,
          ModelDefaults.of(model, name).overriddenBy(folder),
          WeightsFingerprint.of(folder.resolve(model.denoiserName())),
          slot);
    } catch (RuntimeException e) {
      slot.close();
      model.close();
      throw e;
    }
  }

  private UpsamplerSlot slot(ImageModel model) {
    Optional<LatentSpace> space = LatentSpace.of(model.codec(), model.family());
    String latents =
        space
            .map(known -> "latents of the space " + known.label())
            .orElse("latents of this kind (%d channels)".formatted(model.latents().channels()));
    Optional<Path> folder =
        upsampler.or(this::ownUpsampler).or(() -> space.flatMap(EmbeddedModel::upsampler));
    return new UpsamplerSlot(folder, latents, dtype);
  }

  private Optional<Path> ownUpsampler() {
    Path own = folder.resolve(UPSAMPLER_FOLDER);
    return Files.isDirectory(own) ? Optional.of(own) : Optional.empty();
  }
}
