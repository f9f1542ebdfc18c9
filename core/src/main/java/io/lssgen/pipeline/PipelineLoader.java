package io.lssgen.pipeline;

import io.lssgen.errors.UsageException;
import io.lssgen.model.ImageModel;
import io.lssgen.model.ModelFamilies;
import io.lssgen.model.ModelIndex;
import io.lssgen.model.ModelParts;
import io.lssgen.scaling.NeuralScaler;
import io.lssgen.schedule.Schedulers;
import io.lssgen.tensor.DType;
import io.lssgen.weights.Checkpoint;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Opens models. Each {@code with}-like call gives a changed copy:
 *
 * <pre>{@code
 * TextToImage model = PipelineLoader.of(folder).dtype(DType.BF16).load();
 * }</pre>
 *
 * @param folder of a model in the diffusers layout, or a model that is one file
 * @param dtype what the model computes in, fp32 or bf16
 * @param upsampler folder of the latent upsampler; empty: {@code upsampler} in the model's folder,
 *     if it is there, which is read when a run first scales by it
 * @param parts what the model's parts shall be where it does not say, or says otherwise
 */
public record PipelineLoader(Path folder, DType dtype, Optional<Path> upsampler, ModelParts parts) {

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
        folder, ModelDefaults.dtype(folder), Optional.empty(), ModelParts.OWN);
  }

  /** With another type to compute in. */
  public PipelineLoader dtype(DType value) {
    return new PipelineLoader(folder, value, upsampler, parts);
  }

  /** With an upsampler from another place than the model's folder. */
  public PipelineLoader upsampler(Path value) {
    return new PipelineLoader(folder, dtype, Optional.of(value), parts);
  }

  /** With other parts. */
  public PipelineLoader parts(ModelParts value) {
    return new PipelineLoader(folder, dtype, upsampler, value);
  }

  /**
   * With another autoencoder: a folder with its {@code config.json}, or a file in diffusers' or the
   * original names, which the model's own autoencoder's configuration fits.
   */
  public PipelineLoader vae(Path value) {
    return parts(parts.replace("vae", value));
  }

  /** With a variant of the weights, for instance {@code fp16} for {@code *.fp16.safetensors}. */
  public PipelineLoader variant(String value) {
    return parts(parts.variant(value));
  }

  /** With the diffusers folder that has what a model of one file lacks. */
  public PipelineLoader components(Path value) {
    return parts(parts.folder(value));
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
    ModelIndex index = ModelIndex.read(folder, parts);
    ImageModel model = ModelFamilies.of(index).load(index, dtype);
    UpsamplerSlot slot = new UpsamplerSlot(upsampler.or(this::ownUpsampler), dtype);
    try {
      String name = name();
      if (upsampler.isPresent()) {
        // Refuses one for other channels now, not when its first run begins.
        new NeuralScaler(slot.network(name), model.latents().channels(), dtype);
      }
      return new LoadedModel(
          model,
          dtype,
          Schedulers.of(model.scheduler()),
          ModelDefaults.of(model, name).overriddenBy(folder),
          fingerprint(index),
          slot);
    } catch (RuntimeException e) {
      slot.close();
      model.close();
      throw e;
    }
  }

  /** The last part of the path, without a file's ending. */
  private String name() {
    String last = folder.toAbsolutePath().normalize().getFileName().toString();
    return Files.isDirectory(folder) ? last : last.replaceFirst("\\.safetensors$", "");
  }

  private static String fingerprint(ModelIndex index) {
    try (Checkpoint weights = index.weights(index.has("unet") ? "unet" : "transformer")) {
      return WeightsFingerprint.of(weights);
    }
  }

  private Optional<Path> ownUpsampler() {
    Path own = folder.resolve(UPSAMPLER_FOLDER);
    return Files.isDirectory(own) ? Optional.of(own) : Optional.empty();
  }
}
