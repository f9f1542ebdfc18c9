package io.lssgen.cli;

import io.lssgen.errors.ModelException;
import io.lssgen.model.ModelFamilies;
import io.lssgen.model.ModelIndex;
import io.lssgen.weights.Checkpoint;
import io.lssgen.weights.ModelConfig;
import io.lssgen.weights.SafetensorsFile;
import io.lssgen.weights.TensorInfo;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What is in a model folder or a weights file, from headers alone.
 *
 * @param path what was looked at
 * @param pipeline the class that {@code model_index.json} names; null for weights alone
 * @param family the family that would load it, or why none would; null for weights alone
 * @param components in the order of their names; one for weights alone
 */
record Inspection(
    Path path, @Nullable String pipeline, @Nullable String family, List<Component> components) {

  private static final String UPSAMPLER = "upsampler";

  /**
   * A part of a model.
   *
   * @param name of its folder, or of the weights file
   * @param type its class; empty if it is not said
   * @param tensors as the headers list them; empty for parts without weights
   * @param fileBytes bytes of its weights files
   */
  record Component(String name, String type, List<TensorInfo> tensors, long fileBytes) {
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
   * Looks at a model folder (with {@code model_index.json}), a component's folder or a weights
   * file.
   *
   * @throws ModelException if there is nothing of the kind, or a header is damaged
   */
  static Inspection of(Path path) {
    if (!Files.isDirectory(path) || Files.notExists(path.resolve("model_index.json"))) {
      Path name = path.toAbsolutePath().normalize().getFileName();
      return new Inspection(path, null, null, List.of(weights(path, name.toString(), "")));
    }
    ModelIndex index = ModelIndex.read(path);
    List<Component> components = new ArrayList<>();
    index
        .components()
        .forEach((name, type) -> components.add(component(index.path(name), name, type)));
    Path upsampler = path.resolve(UPSAMPLER);
    if (Files.isDirectory(upsampler)) {
      String type = ModelConfig.read(upsampler.resolve("config.json")).text("_class_name", "");
      components.add(weights(upsampler, UPSAMPLER, type));
    }
    return new Inspection(path, index.pipeline(), family(index), components);
  }

  private static String family(ModelIndex index) {
    try {
      return ModelFamilies.of(index).name();
    } catch (ModelException e) {
      return "not supported: " + e.getMessage();
    }
  }

  /** Tokenizers and schedulers have no weights; anything else has, or is incomplete. */
  private static Component component(Path folder, String name, String type) {
    boolean weightless = type.contains("Tokenizer") || type.contains("Scheduler");
    if (weightless && Files.isDirectory(folder)) {
      return new Component(name, type, List.of(), 0);
    }
    if (!Files.isDirectory(folder)) {
      throw new ModelException(
          "the component '%s' is missing: there is no folder %s; fetch the whole model"
              .formatted(name, folder));
    }
    return weights(folder, name, type);
  }

  private static Component weights(Path path, String name, String type) {
    try (Checkpoint checkpoint = Checkpoint.open(path)) {
      long bytes = checkpoint.files().stream().mapToLong(SafetensorsFile::fileBytes).sum();
      return new Component(
          name, type, checkpoint.names().stream().map(checkpoint::entry).toList(), bytes);
    }
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
