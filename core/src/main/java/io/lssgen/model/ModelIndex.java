package io.lssgen.model;

import com.fasterxml.jackson.databind.JsonNode;
import io.lssgen.errors.ModelException;
import io.lssgen.errors.UsageException;
import io.lssgen.files.UnfinishedDownloads;
import io.lssgen.model.vae.AutoencoderTinyConfig;
import io.lssgen.text.ClipTokenizer;
import io.lssgen.text.T5Tokenizer;
import io.lssgen.text.Tokenizers;
import io.lssgen.weights.Checkpoint;
import io.lssgen.weights.ModelConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What a model is made of: which pipeline it is for, of which classes its components are, and where
 * their configurations and weights come from. Families read models through this alone, so that a
 * diffusers folder with its {@code model_index.json} and a single file in the original names are
 * the same to them. Components have diffusers' names: {@code transformer} or {@code unet}, {@code
 * text_encoder}, {@code text_encoder_2}, {@code text_encoder_3}, {@code tokenizer} and so on,
 * {@code vae}, {@code scheduler}.
 */
public final class ModelIndex {
  static final String FILE = "model_index.json";

  private static final String FOLDER = "diffusers folder";

  private final Path origin;
  private final String kind;
  private final ModelConfig settings;
  private final Map<String, ModelComponent> components;

  /**
   * @param kind see {@link #kind()}
   * @param settings the fields of {@code model_index.json}
   */
  ModelIndex(
      Path origin, String kind, ModelConfig settings, Map<String, ModelComponent> components) {
    this.origin = origin;
    this.kind = kind;
    this.settings = settings;
    this.components = Collections.unmodifiableMap(new TreeMap<>(components));
  }

  /**
   * Reads the index of a model.
   *
   * @param model a diffusers folder, or a file
   * @throws ModelException if there is none, it is damaged, or a file of another kind
   */
  public static ModelIndex read(Path model) {
    return read(model, ModelParts.OWN);
  }

  /**
   * Reads the index of a model, some parts of which come from elsewhere.
   *
   * @param model a diffusers folder, or a file
   * @throws ModelException if there is none, it is damaged, or a file of another kind
   * @throws UsageException if the parts do not go with such a model
   */
  public static ModelIndex read(Path model, ModelParts parts) {
    if (!Files.exists(model)) {
      throw new ModelException(
          "there is no model at %s; give the folder of a diffusers model, a file, the name of a model that comes along such as emoji-flux, or organisation/name of one on the hub"
              .formatted(model));
    }
    if (Files.isDirectory(model)) {
      return inFolder(model, parts);
    }
    if (model.toString().endsWith(".json")) {
      throw new ModelException(
          "%s is a file of a model folder, wanted the folder itself, or a safetensors or GGUF file"
              .formatted(model));
    }
    return SingleFile.read(model, parts);
  }

  /**
   * Why a file of these weights is no model that could be read: of which other kind it is; empty if
   * it is one.
   */
  public static Optional<String> whyNoModel(Checkpoint weights) {
    CheckpointKind kind = CheckpointKind.find(weights).orElse(null);
    return kind == null
        ? Optional.of("of no known kind")
        : Optional.of(kind).filter(k -> !k.isSupported()).map(CheckpointKind::name);
  }

  private static ModelIndex inFolder(Path folder, ModelParts parts) {
    if (parts.folder().isPresent()) {
      throw new UsageException(
          "%s is a folder, which has its own components; leave --components out".formatted(folder));
    }
    if (!Files.isRegularFile(folder.resolve(FILE))) {
      throw new ModelException(
          "%s has no %s: no diffusers model folder, or an incomplete one; give the folder that has it%s"
              .formatted(folder, FILE, UnfinishedDownloads.hint(folder)));
    }
    return of(folder, ModelConfig.read(folder.resolve(FILE)), parts);
  }

  /**
   * An index that is not in {@code folder} yet.
   *
   * @throws ModelException if it is damaged
   */
  public static ModelIndex of(Path folder, ModelConfig settings) {
    return of(folder, settings, ModelParts.OWN);
  }

  private static ModelIndex of(Path folder, ModelConfig settings, ModelParts parts) {
    Map<String, ModelComponent> components = new TreeMap<>();
    for (Map.Entry<String, JsonNode> field : settings.fields().properties()) {
      // A component is [library, class]; [null, null] says that an optional one is left out.
      if (field.getValue().isArray() && field.getValue().path(1).isTextual()) {
        Path place = folder.resolve(field.getKey());
        // A folder with a tiny autoencoder's own two files, whatever the index was written for.
        String type =
            Checkpoint.hasHalves(place)
                ? AutoencoderTinyConfig.CLASS
                : field.getValue().path(1).textValue();
        components.put(
            field.getKey(), new ModelComponent.InFolder(type, place, parts.variant().orElse(null)));
      }
    }
    Map<String, String> classes = new TreeMap<>();
    components.forEach((name, own) -> classes.put(name, own.type()));
    parts
        .in(classes)
        .replaced()
        .forEach(
            (name, place) ->
                components.computeIfPresent(name, (n, own) -> replacement(n, place, own)));
    parts.leaveOut(components, classes);
    return new ModelIndex(folder, FOLDER, settings, components);
  }

  private static ModelComponent replacement(String name, Path place, ModelComponent own) {
    boolean needsConfig = !Files.isDirectory(place);
    return ModelComponent.replacement(name, place, own.type(), needsConfig ? own.config() : null);
  }

  /** The folder or file that was read. */
  public Path origin() {
    return origin;
  }

  /** The pipeline's class, for instance {@code FluxPipeline}. */
  public String pipeline() {
    return settings.text("_class_name");
  }

  /** A setting of the pipeline in {@code model_index.json}, or in the published one. */
  public boolean flag(String name, boolean absent) {
    return settings.flag(name, absent);
  }

  /** What was recognised: {@code diffusers folder}, or the kind of file, for instance SDXL. */
  public String kind() {
    return kind;
  }

  /** Each component's class by its name: a copy. */
  public Map<String, String> components() {
    return components.entrySet().stream()
        .collect(
            Collectors.toMap(
                Map.Entry::getKey, entry -> entry.getValue().type(), (a, b) -> a, TreeMap::new));
  }

  /**
   * The class of a component, which must be one of {@code wanted}, if that is not empty.
   *
   * @throws ModelException if the component is missing, in the index or on disk, or of another
   *     class
   */
  public String requireClass(String component, String... wanted) {
    List<String> classes = List.of(wanted);
    ModelComponent found = requireNamed(component, classes);
    found.require(component);
    if (!classes.isEmpty() && !classes.contains(found.type())) {
      throw new ModelException(
          "%s: the component '%s' is a %s, which is not supported there; wanted a %s"
              .formatted(origin, component, found.type(), String.join(" or ", classes)));
    }
    return found.type();
  }

  /** A component that the index names; on disk it may be missing. */
  ModelComponent requireNamed(String component, List<String> wanted) {
    ModelComponent found = components.get(component);
    if (found == null) {
      throw new ModelException(
          "%s names no component '%s', wanted %s"
              .formatted(
                  origin,
                  component,
                  wanted.isEmpty() ? "one" : "a " + String.join(" or ", wanted)));
    }
    return found;
  }

  /**
   * The folder or file that a component is in.
   *
   * @throws ModelException if the model has no such component
   */
  public Path path(String component) {
    return component(component).place();
  }

  /** Whether a component is there; one that the index names may be missing on disk. */
  public boolean has(String component) {
    ModelComponent found = components.get(component);
    return found != null && found.isThere();
  }

  /**
   * Whether the model is meant to do without a component: its index does not name it, or it is one
   * file that lacks it.
   */
  public boolean isLeftOut(String component) {
    ModelComponent found = components.get(component);
    return found == null || found instanceof ModelComponent.Missing;
  }

  /** Whether a component is of a class that has weights. */
  public boolean hasWeights(String component) {
    return !ModelComponent.isWeightless(component(component).type());
  }

  /** Whether a component is in a file, its own or one that it shares, and not in a folder. */
  public boolean isInFile(String component) {
    return component(component) instanceof ModelComponent.InFile;
  }

  /** Whether a component shares its file with others. */
  public boolean isPartOfFile(String component) {
    return component(component) instanceof ModelComponent.InFile file
        && file.place().equals(origin);
  }

  /**
   * The configuration of a component: {@code config.json}, a scheduler's {@code
   * scheduler_config.json}, a tokenizer's {@code tokenizer_config.json} (without fields where there
   * is none); for a single file the published one.
   *
   * @throws ModelException if it is missing or damaged
   */
  public ModelConfig config(String component) {
    return component(component).config();
  }

  /**
   * Opens the weights of a component in diffusers' names, whatever names the files have.
   *
   * @return the caller's to close
   * @throws ModelException if they are missing, damaged or only in part there
   */
  public Checkpoint weights(String component) {
    return component(component).weights();
  }

  /**
   * Loads the CLIP tokenizer of a component; a single file gets the published one.
   *
   * @throws ModelException if its files are missing or damaged
   */
  public ClipTokenizer clipTokenizer(String component) {
    ModelComponent found = component(component);
    found.require(component);
    return found instanceof ModelComponent.Published published
        ? Tokenizers.publishedClip(published.config().text("pad_token"))
        : Tokenizers.clip(found.place());
  }

  /**
   * Loads the T5 tokenizer of a component.
   *
   * @throws ModelException if its files are missing or damaged
   */
  public T5Tokenizer t5Tokenizer(String component) {
    ModelComponent found = component(component);
    found.require(component);
    return found instanceof ModelComponent.InGguf
        ? GgufVocabulary.t5(found.place())
        : Tokenizers.t5(found.place());
  }

  /**
   * Tokens of a prompt: a tokenizer's own {@code model_max_length} where it is below {@code most}.
   */
  public int tokenLimit(String tokenizer, int most) {
    JsonNode length = config(tokenizer).fields().path("model_max_length");
    // Tokenizers without a limit of their own are written with one of 1e30.
    return length.canConvertToInt() && length.intValue() > 0
        ? Math.min(most, length.intValue())
        : most;
  }

  private ModelComponent component(String name) {
    ModelComponent component = components.get(name);
    if (component == null) {
      throw new ModelException("%s has no component '%s'".formatted(origin, name));
    }
    return component;
  }
}
