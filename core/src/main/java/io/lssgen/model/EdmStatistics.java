package io.lssgen.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lssgen.errors.ModelException;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import io.lssgen.weights.Checkpoint;
import io.lssgen.weights.ModelConfig;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/**
 * Means and deviations of the latents, which a file of Playground's kind holds as tensors and
 * diffusers has in the autoencoder's configuration. A fine-tune's need not be the published ones.
 *
 * @param tensors by the field that they are in diffusers; empty where the file has none
 */
record EdmStatistics(Path file, Map<String, Stored> tensors) {
  private static final Map<String, String> NAMES =
      Map.of("latents_mean", "edm_mean", "latents_std", "edm_std");

  /** A tensor's numbers, and the type that they were rounded to. */
  record Stored(float[] values, DType type) {}

  /**
   * What {@code weights} holds of them.
   *
   * @throws ModelException if it holds one of the two, or something that is no number
   */
  static EdmStatistics of(Checkpoint weights) {
    Map<String, Stored> found = new TreeMap<>();
    NAMES.forEach(
        (field, name) -> {
          if (weights.has(name)) {
            found.put(field, stored(weights, name));
          }
        });
    if (found.size() == 1) {
      throw new ModelException(
          "cannot load %s: edm_mean and edm_std want each other, found only %s"
              .formatted(weights.origin(), NAMES.get(found.keySet().iterator().next())));
    }
    return new EdmStatistics(weights.origin(), found);
  }

  private static Stored stored(Checkpoint weights, String name) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor tensor = weights.tensor(name); // [1, C, 1, 1]
      if (!tensor.allFinite()) {
        throw new ModelException(
            "cannot load %s: %s wants finite numbers, found %s"
                .formatted(weights.origin(), name, Arrays.toString(tensor.toFloatArray())));
      }
      return new Stored(tensor.toFloatArray(), tensor.dtype());
    }
  }

  /** An autoencoder's configuration with what the file says in its place. */
  ModelConfig over(ModelConfig config) {
    if (tensors.isEmpty()) {
      return config;
    }
    ObjectNode fields = config.fields().deepCopy();
    tensors.forEach(
        (field, stored) -> {
          if (!isRounded(fields.path(field), stored)) {
            ArrayNode numbers = fields.putArray(field);
            for (float value : stored.values) {
              numbers.add(value);
            }
          }
        });
    return new ModelConfig(config.origin() + " with the statistics of " + file, fields);
  }

  /** Whether the file has the configuration's own numbers: those stay as exact as they are. */
  private static boolean isRounded(JsonNode numbers, Stored stored) {
    float[] values = new float[numbers.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) numbers.path(i).asDouble(Double.NaN);
    }
    try (TensorScope scope = TensorScope.open()) {
      float[] rounded = Tensors.of(values, values.length).to(stored.type).toFloatArray();
      return Arrays.equals(rounded, stored.values);
    }
  }
}
