package io.lssgen.weights;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lssgen.errors.IoReason;
import io.lssgen.errors.LssGenException;
import io.lssgen.errors.ModelException;
import io.lssgen.files.AtomicFile;
import io.lssgen.files.UnfinishedDownloads;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * A {@code *.safetensors.index.json}: which file holds which tensor.
 *
 * @param weightMap tensor name to file name; the files lie beside the index
 */
record ShardIndex(Map<String, String> weightMap) {
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  static ShardIndex read(Path file) {
    try {
      if (Files.size(file) > SafetensorsHeader.MAXIMUM_BYTES) {
        throw invalid(file, "wanted at most %d bytes".formatted(SafetensorsHeader.MAXIMUM_BYTES));
      }
      JsonNode table = JSON.readTree(file.toFile()).path("weight_map");
      if (!table.isObject() || table.isEmpty()) {
        throw invalid(file, "wanted a field weight_map with tensor and file names, found none");
      }
      Map<String, String> weightMap = new LinkedHashMap<>();
      for (Map.Entry<String, JsonNode> entry : table.properties()) {
        weightMap.put(entry.getKey(), fileName(file, entry.getValue()));
      }
      return new ShardIndex(weightMap);
    } catch (JsonProcessingException e) {
      throw invalid(file, "it is no valid JSON: " + e.getOriginalMessage());
    } catch (IOException e) {
      throw invalid(file, IoReason.of(e));
    }
  }

  /** A bare name only: an index must not lead to files outside its own folder. */
  private static String fileName(Path index, JsonNode value) {
    String name = value.asText();
    if (!value.isTextual()
        || !name.endsWith(CheckpointFiles.EXTENSION)
        || name.chars().anyMatch(c -> c == '/' || c == '\\' || c == ':' || c < ' ')) {
      throw invalid(
          index,
          "wanted names of safetensors files in the same folder, found " + Names.quoted(name));
    }
    return name;
  }

  /** The names of all files, sorted. */
  Set<String> files() {
    return new TreeSet<>(weightMap.values());
  }

  /**
   * Checks that no part is missing beside {@code file}, which this was read from.
   *
   * @throws ModelException if one is
   */
  void requireAllFiles(Path file) {
    Set<String> missing = files();
    int wanted = missing.size();
    missing.removeIf(name -> Files.isRegularFile(file.resolveSibling(name)));
    if (!missing.isEmpty()) {
      throw invalid(
          file,
          "half downloaded: wanted %d files beside it, missing are %s%s; fetch them"
              .formatted(
                  wanted, Names.some(missing), UnfinishedDownloads.hint(file.resolveSibling("."))));
    }
  }

  /** Writes into the index {@code file} how many bytes its tensors have, as its parts are now. */
  static void correctSize(Path file) {
    long bytes = 0;
    for (String name : read(file).files()) {
      try (SafetensorsFile part = SafetensorsFile.open(file.resolveSibling(name))) {
        bytes += part.entries().values().stream().mapToLong(TensorInfo::bytes).sum();
      }
    }
    try {
      ObjectNode index = (ObjectNode) JSON.readTree(file.toFile());
      index.withObject("/metadata").put("total_size", bytes);
      AtomicFile.write(
          file,
          AtomicFile.IfExists.REPLACE,
          JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(index));
    } catch (IOException e) {
      throw new LssGenException("cannot write %s: %s".formatted(file, IoReason.of(e)), e);
    }
  }

  private static ModelException invalid(Path file, String problem) {
    return new ModelException("cannot read %s: %s".formatted(file, problem));
  }
}
