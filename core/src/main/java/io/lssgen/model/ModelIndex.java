package io.lssgen.model;

import com.fasterxml.jackson.databind.JsonNode;
import io.lssgen.errors.ModelException;
import io.lssgen.model.vae.AutoencoderTinyConfig;
import io.lssgen.weights.Checkpoint;
import io.lssgen.weights.ModelConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The {@code model_index.json} of a diffusers model folder: which pipeline it is for and of which
 * classes its components are.
 *
 * @param folder the model's folder
 * @param pipeline the pipeline's class, for instance {@code FluxPipeline}
 * @param components each component's class by its name, which is also that of its folder; a folder
 *     with a tiny autoencoder's own two files holds an {@code AutoencoderTiny}, whatever stood
 *     there when the index was written
 */
public record ModelIndex(Path folder, String pipeline, Map<String, String> components) {
  private static final String FILE = "model_index.json";

  public ModelIndex {
    components = Collections.unmodifiableMap(new TreeMap<>(components));
  }

  /**
   * Reads the index of {@code folder}.
   *
   * @throws ModelException if there is none or it is damaged
   */
  public static ModelIndex read(Path folder) {
    if (!Files.exists(folder)) {
      throw new ModelException(
          "there is no model at " + folder + "; give the folder of a diffusers model");
    }
    if (!Files.isDirectory(folder)) {
      throw new ModelException(
          folder + " is a file, wanted the folder of a diffusers model, with a " + FILE);
    }
    if (!Files.isRegularFile(folder.resolve(FILE))) {
      throw new ModelException(
          folder
              + " has no "
              + FILE
              + ": no diffusers model folder, or an incomplete one; give the folder that has it");
    }
    return of(folder, ModelConfig.read(folder.resolve(FILE)));
  }

  /**
   * Reads an index that is not in {@code folder} yet.
   *
   * @throws ModelException if it is damaged
   */
  public static ModelIndex of(Path folder, ModelConfig config) {
    Map<String, String> components = new TreeMap<>();
    for (Iterator<Map.Entry<String, JsonNode>> i = config.fields().fields(); i.hasNext(); ) {
      Map.Entry<String, JsonNode> field = i.next();
      // A component is [library, class]; [null, null] says that an optional one is left out.
      if (field.getValue().isArray() && field.getValue().path(1).isTextual()) {
        String type = field.getValue().path(1).textValue();
        boolean tiny = Checkpoint.hasHalves(folder.resolve(field.getKey()));
        components.put(field.getKey(), tiny ? AutoencoderTinyConfig.CLASS : type);
      }
    }
    return new ModelIndex(folder, config.text("_class_name"), components);
  }

  /**
   * The class of a component, which must be one of {@code wanted}.
   *
   * @throws ModelException if the component is missing, in the index or on disk, or of another
   *     class
   */
  public String requireClass(String component, String... wanted) {
    String found = components.get(component);
    String list = String.join(" or ", wanted);
    if (found == null) {
      throw new ModelException(
          "%s names no component '%s', wanted a %s"
              .formatted(folder.resolve(FILE), component, list));
    }
    if (!List.of(wanted).contains(found)) {
      throw new ModelException(
          "%s: the component '%s' is a %s, which is not supported there; wanted a %s"
              .formatted(folder.resolve(FILE), component, found, list));
    }
    if (!Files.isDirectory(folder.resolve(component))) {
      throw new ModelException(
          "the component '%s' is missing: there is no folder %s; fetch the whole model"
              .formatted(component, folder.resolve(component)));
    }
    return found;
  }

  /** Whether a component has weights: tokenizers, schedulers and image processors have none. */
  public boolean hasWeights(String component) {
    String type = components.getOrDefault(component, "");
    return Stream.of("Tokenizer", "Scheduler", "Processor", "FeatureExtractor")
        .noneMatch(type::contains);
  }

  /** The folder of a component. */
  public Path path(String component) {
    return folder.resolve(component);
  }

  /**
   * The {@code config.json} of a component.
   *
   * @throws ModelException if it is missing or damaged
   */
  public ModelConfig config(String component) {
    return ModelConfig.read(path(component).resolve("config.json"));
  }

  /** A setting of the pipeline in {@code model_index.json}. */
  public boolean flag(String name, boolean absent) {
    return ModelConfig.read(folder.resolve(FILE)).flag(name, absent);
  }
}
