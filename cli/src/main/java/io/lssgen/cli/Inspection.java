package io.lssgen.cli;

import io.lssgen.errors.ModelException;
import io.lssgen.errors.UsageException;
import io.lssgen.lora.LoraSummary;
import io.lssgen.model.ModelFamilies;
import io.lssgen.model.ModelFamily;
import io.lssgen.model.ModelIndex;
import io.lssgen.model.ModelParts;
import io.lssgen.model.WantedComponent;
import io.lssgen.weights.Checkpoint;
import io.lssgen.weights.ModelConfig;
import io.lssgen.weights.TensorInfo;
import io.lssgen.weights.WeightsFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What is in a model folder or a weights file, from headers alone.
 *
 * @param path what was looked at
 * @param kind what was recognised: a diffusers folder, or which kind of single file; for weights
 *     alone what they are not
 * @param pipeline the pipeline's class; null for weights alone
 * @param family the family that would load it, or why none would; null for weights alone
 * @param components in the order of their names; one for weights alone
 */
record Inspection(
    Path path,
    String kind,
    @Nullable String pipeline,
    @Nullable String family,
    List<Component> components) {

  private static final String UPSAMPLER = "upsampler";

  /** Whether a part is there and wanted. */
  enum State {
    USED,
    /** Wanted and not there. */
    MISSING,
    /** Named by the model's index and never read, as Stable Diffusion's safety checker. */
    NOT_USED,
    /** Not there, and the model does without, as Stable Diffusion 3 without T5. */
    LEFT_OUT
  }

  /**
   * A part of a model.
   *
   * @param name of its folder, or of the weights file
   * @param type its class; empty if it is not said
   * @param tensors as the headers list them; empty for parts without weights
   * @param fileBytes bytes of its weights files, or of its part of a file with others
   */
  record Component(
      String name, String type, List<TensorInfo> tensors, long fileBytes, State state) {
    static Component weightless(String name, String type, State state) {
      return new Component(name, type, List.of(), 0, state);
    }

    /** The same, without what else is in its file. */
    Component partOfFile() {
      long bytes = tensors.stream().mapToLong(TensorInfo::bytes).sum();
      return new Component(name, type, tensors, bytes, state);
    }

    boolean isUsed() {
      return state == State.USED || state == State.MISSING;
    }

    boolean isMissing() {
      return state == State.MISSING;
    }

    /** Numbers in all tensors. */
    long parameters() {
      return tensors.stream().mapToLong(TensorInfo::elements).sum();
    }

    /** How many numbers there are of each element type. */
    Map<String, Long> parametersByType() {
      Map<String, Long> counts = new TreeMap<>();
      tensors.forEach(t -> counts.merge(t.dtype().name(), t.elements(), Long::sum));
      return counts;
    }
  }

  /**
   * Looks at a component's folder or a weights file; empty if it is a whole model.
   *
   * @param parts say the variant that is looked at
   * @throws ModelException if there is nothing of the kind, or a header is damaged
   * @throws UsageException if a variant is named of a file
   */
  static Optional<Inspection> ofWeights(Path path, ModelParts parts) {
    return Files.exists(path.resolve("model_index.json"))
        ? Optional.empty()
        : noModel(path, parts).map(kind -> weightsAlone(path, parts, kind));
  }

  /**
   * Looks at a whole model, a folder or a file.
   *
   * @param parts that come from elsewhere, and the variant that is looked at
   * @throws ModelException if it is damaged
   */
  static Inspection ofModel(Path path, ModelParts parts) {
    ModelIndex index = ModelIndex.read(path, parts);
    List<Component> components = new ArrayList<>();
    Set<String> read = read(index);
    index
        .components()
        .forEach(
            (name, type) ->
                components.add(
                    read.contains(name)
                        ? component(index, name, type)
                        : Component.weightless(name, type, unused(index, name))));
    Path upsampler = path.resolve(UPSAMPLER);
    if (Files.isDirectory(upsampler)) {
      components.add(weights(Checkpoint.open(upsampler), UPSAMPLER, typeIn(upsampler)));
    }
    return new Inspection(path, index.kind(), index.pipeline(), family(index), components);
  }

  private static State unused(ModelIndex index, String name) {
    return index.isLeftOut(name) ? State.LEFT_OUT : State.NOT_USED;
  }

  /** What a path without a {@code model_index.json} holds; empty if it is a single file's model. */
  private static Optional<String> noModel(Path path, ModelParts parts) {
    try (Checkpoint weights = open(path, parts)) {
      if (LoraSummary.isLora(weights)) {
        return Optional.of(lora(path));
      }
      return Files.isDirectory(path)
          ? Optional.of("a component")
          : ModelIndex.whyNoModel(weights).map(other -> "no model: " + other);
    }
  }

  private static Checkpoint open(Path path, ModelParts parts) {
    if (parts.variant().isPresent() && Files.isRegularFile(path)) {
      throw new UsageException(
          "%s is one file, which has no variant '%s'; leave --variant out"
              .formatted(path, parts.variant().get()));
    }
    return Checkpoint.open(path, parts.variant().orElse(null));
  }

  private static String lora(Path path) {
    try {
      LoraSummary lora = LoraSummary.read(path);
      String ranks = lora.ranks().stream().map(String::valueOf).collect(Collectors.joining(", "));
      return "%s for %s, %d layers%s"
          .formatted(
              String.join(", ", lora.kinds()),
              lora.architecture().orElse("an architecture that its names do not tell"),
              lora.layers(),
              ranks.isEmpty() ? "" : " of rank " + ranks);
    } catch (ModelException e) {
      return "LoRA that cannot be used: " + e.getMessage();
    }
  }

  private static Inspection weightsAlone(Path path, ModelParts parts, String kind) {
    String name = path.toAbsolutePath().normalize().getFileName().toString();
    return new Inspection(
        path, kind, null, null, List.of(weights(open(path, parts), name, typeIn(path))));
  }

  /** The class that the configuration in a component's folder names; empty if there is none. */
  private static String typeIn(Path folder) {
    Path file = folder.resolve("config.json");
    if (!Files.isRegularFile(file)) {
      return "";
    }
    ModelConfig config = ModelConfig.read(file);
    String ofTransformers = config.fields().path("architectures").path(0).asText();
    return config.text("_class_name", ofTransformers);
  }

  private static String family(ModelIndex index) {
    try {
      ModelFamily family = ModelFamilies.of(index);
      return variant(family, index).orElse(family.name());
    } catch (ModelException e) {
      return "not supported: " + e.getMessage();
    }
  }

  /** Empty if a configuration that would tell is missing. */
  private static Optional<String> variant(ModelFamily family, ModelIndex index) {
    try {
      return Optional.of(family.variant(index));
    } catch (ModelException e) {
      return Optional.empty();
    }
  }

  /** The components that the model's family reads; all, if none knows the model. */
  private static Set<String> read(ModelIndex index) {
    return ModelFamilies.find(index)
        .map(family -> family.components(index))
        .map(all -> all.stream().map(WantedComponent::name).collect(Collectors.toSet()))
        .orElse(index.components().keySet());
  }

  private static Component component(ModelIndex index, String name, String type) {
    if (!index.has(name)) {
      return Component.weightless(name, type, State.MISSING);
    }
    if (!index.hasWeights(name)) {
      return Component.weightless(name, type, State.USED);
    }
    Component whole = weights(index.weights(name), name, type);
    return index.isPartOfFile(name) ? whole.partOfFile() : whole;
  }

  private static Component weights(Checkpoint weights, String name, String type) {
    try (weights) {
      long bytes = weights.files().stream().mapToLong(WeightsFile::fileBytes).sum();
      List<TensorInfo> tensors = weights.names().stream().map(weights::entry).toList();
      return new Component(name, type, tensors, bytes, State.USED);
    }
  }

  /**
   * Bytes of all weights in memory, if those that are converted have {@code perNumber} bytes each.
   * Quantised matrices stay as they are.
   */
  long memoryBytes(int perNumber) {
    return components.stream()
        .flatMap(component -> component.tensors().stream())
        .mapToLong(
            tensor -> isQuantisedMatrix(tensor) ? tensor.bytes() : tensor.elements() * perNumber)
        .sum();
  }

  private static boolean isQuantisedMatrix(TensorInfo tensor) {
    long[] shape = tensor.shape();
    return tensor.dtype().isQuantised()
        && shape.length >= 2
        && Arrays.stream(shape).skip(2).allMatch(extent -> extent == 1);
  }

  /** Numbers in all components. */
  long parameters() {
    return components.stream().mapToLong(Component::parameters).sum();
  }

  /** Bytes of all weights files. */
  long fileBytes() {
    return components.stream().mapToLong(Component::fileBytes).sum();
  }
}
