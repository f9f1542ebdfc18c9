package io.lssgen.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lssgen.errors.IoReason;
import io.lssgen.errors.LssGenException;
import io.lssgen.files.AtomicFile;
import io.lssgen.tensor.Tensor;
import io.lssgen.weights.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Writes models in the layout that diffusers reads. */
final class DiffusersFolder {
  /** The name of a diffusers component's weights. */
  static final String DIFFUSION_WEIGHTS = "diffusion_pytorch_model.safetensors";

  /** The name of a transformers component's weights. */
  static final String TEXT_WEIGHTS = "model.safetensors";

  private static final ObjectMapper JSON = new ObjectMapper();

  private DiffusersFolder() {}

  /** Writes {@code config.json} and the weights of one component. */
  static void writeComponent(
      Path folder, JsonNode config, String weightsFile, Map<String, Tensor> weights) {
    SafetensorsWriter.write(made(folder).resolve(weightsFile), weights);
    writeJson(folder.resolve("config.json"), config);
  }

  /** The parameters below {@code prefix}, without it. */
  static Map<String, Tensor> below(String prefix, FlatParameters weights) {
    Map<String, Tensor> chosen = new TreeMap<>();
    weights
        .all()
        .forEach(
            (path, value) -> {
              if (path.startsWith(prefix)) {
                chosen.put(path.substring(prefix.length()), value);
              }
            });
    return chosen;
  }

  /** Writes {@code json}, indented. */
  static void writeJson(Path file, JsonNode json) {
    try {
      made(Objects.requireNonNull(file.toAbsolutePath().getParent(), "a root folder"));
      byte[] text = JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(json);
      AtomicFile.write(file, AtomicFile.IfExists.REPLACE, text);
    } catch (IOException e) {
      throw new LssGenException(file + " cannot be written: " + IoReason.of(e), e);
    }
  }

  /** {@code fields} with {@code _class_name} first. */
  static ObjectNode withClass(String className, JsonNode fields) {
    ObjectNode json = JSON.createObjectNode().put("_class_name", className);
    json.setAll((ObjectNode) fields.deepCopy());
    return json;
  }

  /** {@code fields} as transformers writes them for {@code architecture}. */
  static ObjectNode withArchitecture(String architecture, String modelType, JsonNode fields) {
    ObjectNode json = JSON.createObjectNode();
    json.putArray("architectures").add(architecture);
    json.put("model_type", modelType);
    json.setAll((ObjectNode) fields.deepCopy());
    return json;
  }

  /** A JSON object of plain values. */
  static ObjectNode object(Map<String, Object> fields) {
    return JSON.valueToTree(fields);
  }

  /**
   * Writes the index of a pipeline.
   *
   * @param components library and class of each
   * @param settings the pipeline's own
   */
  static void writeIndex(
      Path folder,
      String pipeline,
      Map<String, List<String>> components,
      Map<String, Object> settings) {
    ObjectNode index = JSON.createObjectNode().put("_class_name", pipeline);
    index.put("_diffusers_version", "0.42.1");
    new TreeMap<>(components).forEach((name, kind) -> index.set(name, JSON.valueToTree(kind)));
    index.putArray("feature_extractor").addNull().addNull();
    index.putArray("image_encoder").addNull().addNull();
    index.setAll(object(settings));
    writeJson(folder.resolve("model_index.json"), index);
  }

  /** Copies the files of {@code source}, not its folders. */
  static void copyFiles(Path source, Path target) {
    made(target);
    try (Stream<Path> files = Files.list(source)) {
      files.filter(Files::isRegularFile).forEach(file -> copy(file, target));
    } catch (IOException e) {
      throw new LssGenException(source + " cannot be read: " + IoReason.of(e), e);
    }
  }

  private static void copy(Path file, Path folder) {
    try {
      Files.copy(file, folder.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new LssGenException(file + " cannot be copied to " + folder + ": " + IoReason.of(e), e);
    }
  }

  private static Path made(Path folder) {
    try {
      return Files.createDirectories(folder);
    } catch (IOException e) {
      throw new LssGenException(folder + " cannot be made: " + IoReason.of(e), e);
    }
  }
}
