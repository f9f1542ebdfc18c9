package io.lssgen.pipeline;

import io.lssgen.errors.ModelException;
import io.lssgen.errors.UsageException;
import io.lssgen.hub.ModelHub;
import io.lssgen.hub.WantedWeights;
import io.lssgen.lora.Lora;
import io.lssgen.lora.LoraFolder;
import io.lssgen.lora.LoraSwitch;
import io.lssgen.model.ComponentTypes;
import io.lssgen.model.ImageModel;
import io.lssgen.model.LoadOptions;
import io.lssgen.model.ModelFamilies;
import io.lssgen.model.ModelFamily;
import io.lssgen.model.ModelIndex;
import io.lssgen.model.ModelParts;
import io.lssgen.model.WantedComponent;
import io.lssgen.scaling.LatentSpace;
import io.lssgen.scaling.NeuralScaler;
import io.lssgen.schedule.Schedulers;
import io.lssgen.tensor.DType;
import io.lssgen.weights.Checkpoint;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Opens models. Immutable: each option gives a changed copy.
 *
 * <pre>{@code
 * TextToImage model = PipelineLoader.of(folder).dtype(DType.BF16).load();
 * }</pre>
 */
public final class PipelineLoader implements Cloneable {
  /** The upsampler's folder inside a model's. */
  static final String UPSAMPLER_FOLDER = "upsampler";

  private final Path folder;
  private ComponentTypes types;
  private Optional<Path> upsampler = Optional.empty();
  private Optional<Path> loraFolder = Optional.empty();
  private ModelParts parts = ModelParts.OWN;
  private boolean tiling;
  private boolean keepTextEncoders = true;
  private LoadOptions.Weights weights = LoadOptions.Weights.USUAL;

  private PipelineLoader(Path folder, ComponentTypes types) {
    this.folder = folder;
    this.types = types;
  }

  /**
   * Loads a folder in the diffusers layout or a model that is one file, in the types that its
   * {@code lssgen.json} names, else in fp32.
   *
   * @throws io.lssgen.errors.ModelException if that file is damaged
   */
  public static PipelineLoader of(Path folder) {
    return new PipelineLoader(folder, ModelDefaults.types(folder));
  }

  /**
   * Loads a model by its path, by the name of one that comes along, or by its name on the Hugging
   * Face hub, {@code org/name[@revision]}, from the cache or, where that lacks it, from the hub.
   *
   * @throws io.lssgen.errors.ModelException if there is no such model, or it may not be fetched
   * @throws io.lssgen.errors.LssGenException if a download fails
   * @see ModelHub
   */
  public static PipelineLoader named(String pathOrName) {
    return of(
        EmbeddedModel.named(pathOrName)
            .orElseGet(() -> ModelHub.ofEnvironment().folder(pathOrName)));
  }

  /**
   * As {@link #named(String)}, with a variant of the weights, for instance {@code fp16}; from the
   * hub nothing but that is fetched.
   */
  public static PipelineLoader named(String pathOrName, String variant) {
    ModelHub hub = ModelHub.ofEnvironment().wanting(WantedWeights.variant(variant));
    return of(EmbeddedModel.named(pathOrName).orElseGet(() -> hub.folder(pathOrName)))
        .variant(variant);
  }

  private PipelineLoader changed(Consumer<PipelineLoader> change) {
    try {
      PipelineLoader copy = (PipelineLoader) clone();
      change.accept(copy);
      return copy;
    } catch (CloneNotSupportedException e) {
      throw new AssertionError(e);
    }
  }

  /**
   * With another type to compute in, but for components that have a type of their own, from the
   * model's {@code lssgen.json} too.
   *
   * @param value fp32 or bf16
   * @throws UsageException if it is another
   */
  public PipelineLoader dtype(DType value) {
    return changed(copy -> copy.types = types.usual(value));
  }

  /**
   * With another type for one component to compute in and to keep its weights in.
   *
   * @param component as diffusers calls it, {@code vae} or {@code text_encoder_2} say, or {@code
   *     upsampler}; one that the model lacks is refused when it is loaded
   * @param value fp32 or bf16
   * @throws UsageException if it is another
   */
  public PipelineLoader dtype(String component, DType value) {
    return changed(copy -> copy.types = types.with(component, value));
  }

  /**
   * Whether weights stay in their files' memory maps where they have the wanted type already, which
   * they do unless this says otherwise. Without, they are copied: loading takes longer and the
   * memory is this process's alone, but the files may change, or their disk may go, unless they are
   * read again: for text encoders that do not {@linkplain #keepTextEncoders stay} and when LoRAs
   * come or go.
   */
  public PipelineLoader memoryMapped(boolean value) {
    return changed(copy -> copy.weights = new LoadOptions.Weights(value, weights.converted()));
  }

  /**
   * Whether weights become the type that their component computes in, once, which they do unless
   * this says otherwise. Without, each is converted whenever it is used: with files of fp16 or bf16
   * a model that computes in fp32 takes half the memory and a little longer, and makes the same
   * pictures; only LoRAs are rounded to the files' type.
   */
  public PipelineLoader convertedWeights(boolean value) {
    return changed(copy -> copy.weights = new LoadOptions.Weights(weights.mapped(), value));
  }

  /**
   * With the folder of a latent upsampler. Else it is {@code upsampler} in the model's folder, if
   * that is there, else the one that comes along for the model's {@link LatentSpace}; those are
   * read when a run first scales by them.
   */
  public PipelineLoader upsampler(Path value) {
    return changed(copy -> copy.upsampler = Optional.of(value));
  }

  /** With a folder of LoRA files, which prompts name as {@code <lora:name:0.8>}. */
  public PipelineLoader loraFolder(Path value) {
    return changed(copy -> copy.loraFolder = Optional.of(value));
  }

  /** Whether the autoencoder passes large pictures in tiles, which bounds the memory; else not. */
  public PipelineLoader tiling(boolean value) {
    return changed(copy -> copy.tiling = value);
  }

  /**
   * Whether the text encoders stay in memory while pictures are made, else they are read again for
   * the next request; they stay unless this says otherwise.
   */
  public PipelineLoader keepTextEncoders(boolean value) {
    return changed(copy -> copy.keepTextEncoders = value);
  }

  /** With parts from elsewhere. */
  public PipelineLoader parts(ModelParts value) {
    return changed(copy -> copy.parts = value);
  }

  /**
   * With another autoencoder: a folder with its {@code config.json}, a file in diffusers' or the
   * original names, which the model's own autoencoder's configuration fits, or that of a whole
   * model.
   *
   * @throws io.lssgen.errors.ModelException if it is a whole model without one
   */
  public PipelineLoader vae(Path value) {
    return parts(parts.replace("vae", value));
  }

  /**
   * With another UNet in a folder with its {@code config.json}, for instance LCM-SDXL's, in a file
   * that the model's own configuration describes, or that of a whole model.
   *
   * @throws io.lssgen.errors.ModelException if it is a whole model without one
   */
  public PipelineLoader unet(Path value) {
    return parts(parts.replace("unet", value));
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
    ModelFamily family = ModelFamilies.of(index);
    family.requireComponents(index);
    requireKnownTypes(withWeights(index, family));
    Schedulers.of(family.scheduler(index)); // refuses an unknown one before any weights are read
    ImageModel model = family.load(index, new LoadOptions(types, tiling, weights));
    UpsamplerSlot slot = slot(model);
    try {
      String name = name();
      if (upsampler.isPresent()) {
        // Refuses one for other latents now, not when its first run begins.
        NeuralScaler.of(slot.network(name), model.codec(), types.ofUpsampler());
      }
      Optional<Path> lora = ModelDefaults.lora(folder);
      LoadedModel loaded =
          new LoadedModel(
              model,
              types,
              ModelDefaults.of(model, name).overriddenBy(folder),
              fingerprint(index, model.denoiserName(), lora),
              slot,
              new ControlNetSlots(model.denoiser(), weights.kept(types.of(model.denoiserName()))),
              new LoraSwitch(model.components().parameters()),
              lora.map(file -> new Lora(file, 1)).stream().toList(),
              loraFolder.map(LoraFolder::new),
              keepTextEncoders);
      loaded.apply(List.of()); // refuses a wrong one now
      return loaded;
    } catch (RuntimeException e) {
      slot.close();
      model.close();
      throw e;
    }
  }

  private static Set<String> withWeights(ModelIndex index, ModelFamily family) {
    return family.components(index).stream()
        .map(WantedComponent::name)
        .filter(index::hasWeights)
        .collect(Collectors.toSet());
  }

  /** A wrong name in the model's own file is the model's fault, another the user's. */
  private void requireKnownTypes(Set<String> components) {
    try {
      ModelDefaults.types(folder).requireKnown(components);
    } catch (UsageException e) {
      throw new ModelException(
          "%s: %s".formatted(folder.resolve(ModelDefaults.FILE), e.getMessage()), e);
    }
    types.requireKnown(components);
  }

  /** The repository's name, or the last part of the path, without a file's ending. */
  private String name() {
    String last = ModelHub.nameOf(folder);
    return Files.isDirectory(folder) ? last : last.replaceFirst("\\.(safetensors|gguf)$", "");
  }

  private static String fingerprint(ModelIndex index, String denoiser, Optional<Path> lora) {
    try (Checkpoint weights = index.weights(denoiser)) {
      return WeightsFingerprint.of(weights, lora);
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
    return new UpsamplerSlot(folder, latents, weights.kept(types.ofUpsampler()));
  }

  /** The model's, or that of the folder which has what the model's file lacks. */
  private Optional<Path> ownUpsampler() {
    return Stream.concat(Stream.of(folder), parts.folder().stream())
        .map(place -> place.resolve(UPSAMPLER_FOLDER))
        .filter(Files::isDirectory)
        .findFirst();
  }
}
