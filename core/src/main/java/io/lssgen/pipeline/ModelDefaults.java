package io.lssgen.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import io.lssgen.errors.ModelException;
import io.lssgen.errors.UsageException;
import io.lssgen.model.ComponentTypes;
import io.lssgen.model.ImageModel;
import io.lssgen.sampling.StageOptions;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Processor;
import io.lssgen.weights.ModelConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;

/**
 * What a request gets where it says nothing, and what a model knows of itself. A model folder may
 * hold them in {@code lssgen.json}, all fields optional:
 *
 * <pre>{@code
 * {
 *   "name": "a-model",
 *   "steps": 28,
 *   "guidance": 3.5,
 *   "guidance_range": [1, 5],
 *   "cfg_scale": 1,
 *   "width": 1024,
 *   "height": 1024,
 *   "min_size": 512,
 *   "base_width": 1024,
 *   "base_height": 1024,
 *   "start_sigma": 0.75,
 *   "shorten": true,
 *   "dtype": "auto",
 *   "component_dtypes": {"vae": "fp32"},
 *   "lora": "pytorch_lora_weights.safetensors",
 *   "vocabulary": ["a", "red", "apple"]
 * }
 * }</pre>
 *
 * @param name what people call the model
 * @param steps evaluations of the denoiser without scaling
 * @param guidance the guidance scale; empty for models that take none
 * @param guidanceRange the guidance scales that the model was distilled for, if it says so
 * @param cfgScale the scale of classifier-free guidance, at least 1 (off)
 * @param width pixels
 * @param height pixels
 * @param stages how runs are cut into stages
 * @param vocabulary all words, in lower case, that the model was trained with; empty: any word
 */
public record ModelDefaults(
    String name,
    int steps,
    OptionalDouble guidance,
    Optional<GuidanceRange> guidanceRange,
    double cfgScale,
    int width,
    int height,
    StageOptions stages,
    Set<String> vocabulary) {

  /** The published default for all families (arXiv 2507.16154). */
  private static final double START_SIGMA = 0.75;

  private static final String COMPONENT_TYPES = "component_dtypes";

  /** The file in a model folder. */
  public static final String FILE = "lssgen.json";

  /**
   * Copies the vocabulary and checks both scales.
   *
   * @throws UsageException if one is out of the range that requests have
   */
  public ModelDefaults {
    GenerationRequest.requireScales(guidance, cfgScale);
    vocabulary = Collections.unmodifiableSet(new LinkedHashSet<>(vocabulary));
  }

  /** Those of the model's family. */
  public static ModelDefaults of(ImageModel model, String name) {
    ImageModel.Defaults family = model.defaults();
    return new ModelDefaults(
        name,
        family.steps(),
        model.denoiser().takesGuidance()
            ? OptionalDouble.of(family.guidance())
            : OptionalDouble.empty(),
        Optional.empty(),
        family.cfgScale(),
        family.side(),
        family.side(),
        new StageOptions(
            true,
            family.minSize(),
            START_SIGMA,
            family.shorten(),
            family.side(),
            family.side(),
            Optional.empty()),
        Set.of());
  }

  /**
   * These defaults, changed where the model folder's {@code lssgen.json} says so.
   *
   * @throws ModelException if that file is damaged or holds a wrong value
   */
  public ModelDefaults overriddenBy(Path folder) {
    return file(folder).map(this::checked).orElse(this);
  }

  private ModelDefaults checked(ModelConfig config) {
    try {
      return overriddenBy(config);
    } catch (UsageException e) {
      // The ranges are those of requests; here the model is at fault, not the request.
      throw new ModelException("%s: %s".formatted(config.origin(), e.getMessage()), e);
    }
  }

  /**
   * What a model's components compute in unless the user says: {@code dtype} in its {@code
   * lssgen.json}, {@code fp32}, {@code bf16} or {@code auto}, which is {@link
   * Processor#fastestType()}, fp32 where it does not say, and {@code component_dtypes} for those
   * that differ.
   *
   * @throws ModelException if that file is damaged or names another type
   */
  static ComponentTypes types(Path folder) {
    return file(folder).map(ModelDefaults::types).orElse(ComponentTypes.all(DType.F32));
  }

  private static ComponentTypes types(ModelConfig config) {
    ComponentTypes types =
        ComponentTypes.all(type(config, "dtype", config.text("dtype", DType.F32.label())));
    if (!config.has(COMPONENT_TYPES)) {
      return types;
    }
    JsonNode own = config.fields().get(COMPONENT_TYPES);
    if (!own.isObject()) {
      throw new ModelException(
          "%s: %s wants an object such as {\"vae\": \"fp32\"}, found %s"
              .formatted(config.origin(), COMPONENT_TYPES, own));
    }
    for (Map.Entry<String, JsonNode> each : own.properties()) {
      JsonNode value = each.getValue();
      String label = value.isTextual() ? value.textValue() : value.toString();
      String field = COMPONENT_TYPES + "." + each.getKey();
      types = types.with(each.getKey(), type(config, field, label));
    }
    return types;
  }

  private static DType type(ModelConfig config, String field, String label) {
    for (String known : List.of(DType.F32.label(), DType.BF16.label(), Processor.AUTO)) {
      if (known.equals(label)) {
        return Processor.type(label);
      }
    }
    throw new ModelException(
        "%s: %s wants fp32, bf16 or auto, found %s".formatted(config.origin(), field, label));
  }

  /**
   * A LoRA that belongs to the model, always in its weights: {@code lora} in its {@code
   * lssgen.json}, a file of the model's folder.
   *
   * @throws ModelException if that file is damaged, or names another place or one that is empty
   */
  static Optional<Path> lora(Path folder) {
    return file(folder).filter(config -> config.has("lora")).map(config -> lora(folder, config));
  }

  private static Path lora(Path folder, ModelConfig config) {
    String name = config.text("lora");
    Path lora = folder.resolve(name);
    if (!folder.equals(lora.getParent()) || !Files.isRegularFile(lora)) {
      throw new ModelException(
          "%s: lora wants the name of a safetensors file in the same folder, found '%s'%s"
              .formatted(config.origin(), name, Files.exists(lora) ? "" : ", which is not there"));
    }
    return lora;
  }

  /** What a model's folder says; empty if it says nothing. */
  private static Optional<ModelConfig> file(Path folder) {
    Path file = folder.resolve(FILE);
    return Files.exists(file) ? Optional.of(ModelConfig.read(file)) : Optional.empty();
  }

  private ModelDefaults overriddenBy(ModelConfig config) {
    StageOptions changed =
        stages
            .withMinSize(positive(config, "min_size", stages.minSize()))
            .withStartSigma(config.number("start_sigma", stages.startSigma()))
            .withShorten(config.flag("shorten", stages.shorten()))
            .withBase(
                positive(config, "base_width", stages.baseWidth()),
                positive(config, "base_height", stages.baseHeight()));
    return new ModelDefaults(
        config.text("name", name),
        positive(config, "steps", steps),
        config.has("guidance") ? OptionalDouble.of(config.number("guidance")) : guidance,
        config.has("guidance_range")
            ? Optional.of(GuidanceRange.of(config, "guidance_range"))
            : guidanceRange,
        config.number("cfg_scale", cfgScale),
        positive(config, "width", width),
        positive(config, "height", height),
        changed,
        config.has("vocabulary") ? words(config) : vocabulary);
  }

  private static int positive(ModelConfig config, String name, int absent) {
    int value = config.integer(name, absent);
    if (value < 1) {
      throw new ModelException(
          "%s: %s must be at least 1, found %d".formatted(config.origin(), name, value));
    }
    return value;
  }

  private static Set<String> words(ModelConfig config) {
    JsonNode node = config.fields().path("vocabulary");
    if (!node.isArray()) {
      throw noWords(config, node);
    }
    Set<String> words = new LinkedHashSet<>();
    for (JsonNode word : node) {
      if (!word.isTextual()) {
        throw noWords(config, word);
      }
      words.add(word.textValue().toLowerCase(Locale.ROOT));
    }
    return words;
  }

  private static ModelException noWords(ModelConfig config, JsonNode found) {
    return new ModelException(
        "%s: vocabulary wants a list of words, found %s".formatted(config.origin(), found));
  }
}
