package io.lssgen.model;

import static java.util.Objects.requireNonNull;

import io.lssgen.errors.ModelException;
import io.lssgen.errors.UsageException;
import io.lssgen.weights.Checkpoint;
import io.lssgen.weights.KeyMap;
import io.lssgen.weights.ModelConfig;
import io.lssgen.weights.Names;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A model in one file with the names that its authors gave: Stable Diffusion 1.5, SDXL, Playground
 * v2.5, FLUX.1, Stable Diffusion 3. Which component a tensor belongs to, the beginning of its name
 * says; configurations are those that were published. What the file lacks, as many FLUX.1 files
 * lack all but the transformer, comes from a diffusers folder.
 */
final class SingleFile {
  private static final String VAE = "vae";
  private static final String TRANSFORMER = "transformer";

  /** They share all parts but the transformer. */
  private static final Set<String> FLUX =
      Set.of(
          "FluxPipeline",
          "FluxFillPipeline",
          "FluxControlPipeline",
          "FluxKontextPipeline",
          "FluxKontextInpaintPipeline");

  /**
   * How the names of each component's tensors begin, in the files of all kinds. T5 is one by its
   * class.
   */
  private static final Map<String, List<String>> PREFIXES =
      Map.of(
          TRANSFORMER,
          List.of("model.diffusion_model."),
          "unet",
          List.of("model.diffusion_model."),
          "text_encoder",
          List.of(
              "cond_stage_model.transformer.",
              "conditioner.embedders.0.transformer.",
              "text_encoders.clip_l.transformer."),
          "text_encoder_2",
          List.of(
              "conditioner.embedders.1.model.",
              "text_encoders.clip_g.transformer.", // SD3, and SDXL by stable-diffusion.cpp
              "cond_stage_model.1.transformer."), // as that did before
          ModelParts.T5_CLASS,
          List.of("text_encoders.t5xxl.transformer."),
          VAE,
          List.of("first_stage_model.", "vae."));

  /** What training leaves in files: schedules, averages, constants. */
  private static final KeyMap NOT_NEEDED =
      KeyMap.builder()
          .drop("model_ema.*")
          .drop("alphas_cumprod*")
          .drop("betas")
          .drop("sqrt_*")
          .drop("log_one_minus_alphas_cumprod")
          .drop("posterior_*")
          .drop("logvar")
          .drop("lvlb_weights")
          .drop("scale_factor")
          .drop("global_step")
          .drop("denoiser.*")
          .drop("edm_mean") // see EdmStatistics
          .drop("edm_std")
          .drop("cond_stage_model.logit_scale")
          .drop("cond_stage_model.text_projection")
          .drop("conditioner.embedders.0.logit_scale")
          .drop("conditioner.embedders.0.text_projection")
          .drop("text_encoders.clip_l.logit_scale")
          .drop("text_encoders.clip_l.text_projection")
          .drop("text_encoders.clip_g.logit_scale")
          .drop("text_encoders.t5xxl.logit_scale")
          .drop("text_encoders.t5xxl.spiece_model")
          .build();

  /** The components that may be all that a file holds, without a beginning of their names. */
  private static final List<String> DENOISERS = List.of("transformer", "unet");

  private final Path file;
  private final ModelParts parts;
  private final PublishedModel model;
  private final Map<String, String> prefixes;
  private final EdmStatistics statistics;
  private final @Nullable Path folder;

  /** Whether it is for this very pipeline, not for one that shares other parts with it. */
  private final boolean folderIsSame;

  private SingleFile(
      Path file,
      ModelParts parts,
      PublishedModel model,
      Map<String, String> prefixes,
      EdmStatistics statistics) {
    this.file = file;
    this.parts = parts.in(classes(model));
    this.model = model;
    this.prefixes = prefixes;
    this.statistics = statistics;
    folder = folder();
    folderIsSame = folder == null || pipeline(folder).map(model.pipeline()::equals).orElse(true);
  }

  /**
   * Reads what {@code file} is.
   *
   * @throws ModelException if it is neither a safetensors nor a GGUF file, or of a kind that is not
   *     supported, or holds tensors that belong to nothing
   */
  static ModelIndex read(Path file, ModelParts parts) {
    return read(file, parts, PublishedModel::of);
  }

  /** As {@link #read(Path, ModelParts)}, with configurations other than the published ones. */
  static ModelIndex read(
      Path file, ModelParts parts, Function<String, PublishedModel> configurations) {
    if (parts.variant().isPresent()) {
      throw new UsageException(
          "%s is one file, which has no variant '%s'; leave --variant out"
              .formatted(file, parts.variant().get()));
    }
    try (Checkpoint weights = Checkpoint.open(file)) {
      CheckpointKind kind = CheckpointKind.of(weights);
      PublishedModel model = configurations.apply(requireNonNull(kind.published()));
      Map<String, String> prefixes = new LinkedHashMap<>();
      model
          .components()
          .forEach(
              (name, own) ->
                  prefix(weights, name, own.type())
                      .ifPresent(prefix -> prefixes.put(name, prefix)));
      DENOISERS.stream()
          .filter(model.components()::containsKey)
          .forEach(name -> prefixes.putIfAbsent(name, ""));
      requireAllKnown(weights, prefixes);
      return new SingleFile(file, parts, model, prefixes, EdmStatistics.of(weights))
          .index(kind.name());
    }
  }

  private static Map<String, String> classes(PublishedModel model) {
    Map<String, String> classes = new TreeMap<>();
    model.components().forEach((name, own) -> classes.put(name, own.type()));
    return classes;
  }

  /** How the names of the tensors of a component of this class begin; empty if none do. */
  static Optional<String> prefix(Checkpoint weights, String component, String type) {
    return PREFIXES
        .getOrDefault(type.equals(ModelParts.T5_CLASS) ? type : component, List.of())
        .stream()
        .filter(prefix -> weights.names().stream().anyMatch(name -> name.startsWith(prefix)))
        .findFirst();
  }

  private static void requireAllKnown(Checkpoint weights, Map<String, String> prefixes) {
    List<String> leftOver =
        weights.names().stream()
            .filter(name -> prefixes.values().stream().noneMatch(name::startsWith))
            .filter(name -> NOT_NEEDED.translate(name).isPresent())
            .sorted()
            .toList();
    if (!leftOver.isEmpty()) {
      throw new ModelException(
          "cannot load %s: tensors that belong to no component: %s"
              .formatted(weights.origin(), Names.some(leftOver)));
    }
  }

  private ModelIndex index(String kind) {
    Set<String> names = model.components().keySet();
    Map<String, ModelComponent> found = new TreeMap<>();
    model
        .components()
        .forEach((name, own) -> component(name, own).ifPresent(c -> found.put(name, c)));
    List<String> missing = new ArrayList<>(names);
    missing.removeAll(found.keySet());
    String problem = problem(missing.stream().filter(name -> isWanted(name, found)).toList());
    missing.forEach(name -> found.put(name, missing(name, problem)));
    parts.leaveOut(found, classes(model));
    return new ModelIndex(file, kind, settings(), found);
  }

  /**
   * Whether a model wants it for itself: Stable Diffusion 3 does without T5, and then its words.
   */
  private static boolean isWanted(String name, Map<String, ModelComponent> found) {
    return !name.endsWith("_3") || found.containsKey("text_encoder_3");
  }

  private ModelConfig settings() {
    Path own = folder == null ? null : folder.resolve(ModelIndex.FILE);
    return own != null && Files.isRegularFile(own) && folderIsSame
        ? ModelConfig.read(own)
        : model.settings();
  }

  private ModelComponent missing(String name, String problem) {
    String type = requireNonNull(model.components().get(name)).type();
    return new ModelComponent.Missing(type, file, problem);
  }

  private Optional<ModelComponent> component(String name, PublishedModel.Component own) {
    ModelConfig config = config(name, own);
    Path replacement = parts.replaced().get(name);
    if (replacement != null) {
      return Optional.of(ModelComponent.replacement(name, replacement, own.type(), config));
    }
    String prefix = prefixes.get(name);
    if (prefix != null && config != null) {
      return Optional.of(new ModelComponent.InFile(own.type(), file, prefix, config));
    }
    if (folder != null && Files.isDirectory(folder.resolve(name))) {
      Path place = folder.resolve(name);
      String type = ModelComponent.InFolder.type(place, own.type());
      return Optional.of(new ModelComponent.InFolder(type, place, null));
    }
    if (config != null && ModelComponent.isWeightless(own.type())) {
      return Optional.of(new ModelComponent.Published(own.type(), file, config));
    }
    return vocabulary(name, own.type());
  }

  /** That which a text encoder's GGUF file brings along. */
  private Optional<ModelComponent> vocabulary(String name, String type) {
    return t5Tokenizers().contains(name)
        ? Optional.ofNullable(parts.replaced().get(name.replace("tokenizer", "text_encoder")))
            .filter(GgufVocabulary::isIn)
            .map(encoder -> new ModelComponent.InGguf(type, encoder))
        : Optional.empty();
  }

  /** Those whose vocabulary does not come with this program. */
  private List<String> t5Tokenizers() {
    return model.components().entrySet().stream()
        .filter(each -> each.getValue().type().startsWith("T5Tokenizer"))
        .map(Map.Entry::getKey)
        .toList();
  }

  /** The configuration, for an autoencoder with what the file itself says of its latents. */
  private @Nullable ModelConfig config(String name, PublishedModel.Component own) {
    ModelConfig config = folderOrPublished(name, own);
    return name.equals(VAE) && config != null ? statistics.over(config) : config;
  }

  /** The folder's if it has one of this class, else the published one. */
  private @Nullable ModelConfig folderOrPublished(String name, PublishedModel.Component own) {
    if (folder != null && (folderIsSame || !name.equals(TRANSFORMER))) {
      Path json = folder.resolve(name).resolve(ModelComponent.configFile(own.type()));
      if (Files.isRegularFile(json)) {
        ModelConfig config = ModelConfig.read(json);
        if (config.text("_class_name", own.type()).equals(own.type())) {
          return config;
        }
      }
    }
    return own.config();
  }

  /** The folder that was named, or the file's own if that is a model's. */
  private @Nullable Path folder() {
    if (parts.folder().isPresent()) {
      Path named = parts.folder().get();
      if (!Files.isDirectory(named)) {
        throw new ModelException(
            "there is no folder %s; name a diffusers model's with --components".formatted(named));
      }
      if (!isOfModel(named)) {
        throw new ModelException(
            "%s is a folder of another model than %s, wanted one for %s"
                .formatted(named, file, model.pipeline()));
      }
      return named;
    }
    Path own = file.toAbsolutePath().resolveSibling("");
    boolean ofModel =
        Stream.concat(Stream.of(ModelIndex.FILE), t5Tokenizers().stream())
            .anyMatch(n -> Files.exists(own.resolve(n)));
    return ofModel && isOfModel(own) ? own : null;
  }

  /** A folder without an index is taken as it is. */
  private boolean isOfModel(Path candidate) {
    return pipeline(candidate)
        .map(
            found ->
                found.equals(model.pipeline())
                    || (FLUX.contains(found) && FLUX.contains(model.pipeline())))
        .orElse(true);
  }

  private static Optional<String> pipeline(Path candidate) {
    Path index = candidate.resolve(ModelIndex.FILE);
    return Files.isRegularFile(index)
        ? Optional.of(ModelConfig.read(index).text("_class_name", ""))
        : Optional.empty();
  }

  private String problem(List<String> missing) {
    String text =
        "%s has no %s%s; name a diffusers folder that has them with --components"
            .formatted(
                file,
                String.join(", ", missing),
                folder == null ? "" : ", nor has the folder " + folder);
    List<String> vocabularies = t5Tokenizers();
    if (missing.stream().anyMatch(vocabularies::contains)) {
      text +=
          " (T5's vocabulary does not come with this program), or T5's GGUF file, which brings its"
              + " own, with --t5xxl";
    }
    return vocabularies.containsAll(missing)
        ? text
        : text + ", or files with --vae, --text-encoder, --text-encoder-2";
  }
}
