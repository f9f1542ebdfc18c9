package io.lssgen.eval;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lssgen.errors.ModelException;
import io.lssgen.scenes.BackgroundColor;
import io.lssgen.scenes.SceneObject;
import io.lssgen.scenes.SceneVocabulary;
import io.lssgen.weights.ModelConfig;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;

/**
 * What a {@link SceneDetector} is made of and what it knows.
 *
 * @param side pixels of the square picture that it reads, a multiple of 2 to the number of levels
 * @param channels width of each level; level i works at 1 / 2^(i + 1) of the side
 * @param blocks residual blocks of each level
 * @param groups groups of every normalisation, a divisor of each width
 * @param objects ids of the objects it tells apart, in the order of its outputs
 * @param backgrounds names of the background colours, in the order of its outputs
 */
public record DetectorConfig(
    int side,
    List<Integer> channels,
    List<Integer> blocks,
    int groups,
    List<String> objects,
    List<String> backgrounds) {

  private static final String CLASS_NAME = "SceneDetector";
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * @throws ModelException if the fields do not fit together
   */
  public DetectorConfig {
    channels = List.copyOf(channels);
    blocks = List.copyOf(blocks);
    objects = List.copyOf(objects);
    backgrounds = List.copyOf(backgrounds);
    if (channels.size() < 2 || channels.size() != blocks.size()) {
      throw new ModelException(
          "scene detector: wanted at least two levels and as many blocks as channels, found %s and %s"
              .formatted(channels, blocks));
    }
    if (side < 1 || channels.size() > 16 || side % (1 << channels.size()) != 0) {
      throw new ModelException(
          "scene detector: side must be a multiple of 2 to the number of levels (%d), found %d"
              .formatted(channels.size(), side));
    }
    for (int width : channels) {
      if (groups < 1 || width < 1 || width % groups != 0) {
        throw new ModelException(
            "scene detector: channels hold %d, which does not divide into norm_num_groups = %d"
                .formatted(width, groups));
      }
    }
    requireDistinct("objects", objects);
    requireDistinct("backgrounds", backgrounds);
  }

  private static void requireDistinct(String field, List<String> names) {
    if (names.isEmpty() || new HashSet<>(names).size() != names.size()) {
      throw new ModelException(
          "scene detector: %s must be names, each once, found %s".formatted(field, names));
    }
  }

  /** A detector of everything in {@code vocabulary}. */
  public static DetectorConfig of(
      SceneVocabulary vocabulary,
      int side,
      List<Integer> channels,
      List<Integer> blocks,
      int groups) {
    return new DetectorConfig(
        side,
        channels,
        blocks,
        groups,
        vocabulary.objects().stream().map(SceneObject::id).toList(),
        vocabulary.backgrounds().stream().map(BackgroundColor::name).toList());
  }

  /**
   * Reads a detector's {@code config.json}.
   *
   * @throws ModelException if it is another model's, or a field is missing or wrong
   */
  public static DetectorConfig of(ModelConfig config) {
    String found = config.text("_class_name");
    if (!found.equals(CLASS_NAME)) {
      throw new ModelException(
          "%s: wanted a %s, found a %s".formatted(config.origin(), CLASS_NAME, found));
    }
    return new DetectorConfig(
        config.integer("side"),
        integers(config, "channels"),
        integers(config, "blocks"),
        config.integer("norm_num_groups"),
        texts(config, "objects"),
        texts(config, "backgrounds"));
  }

  /** As {@link #of(ModelConfig)} reads it. */
  public ObjectNode json() {
    ObjectNode json = JSON.createObjectNode().put("_class_name", CLASS_NAME).put("side", side);
    json.set("channels", JSON.valueToTree(channels));
    json.set("blocks", JSON.valueToTree(blocks));
    json.put("norm_num_groups", groups);
    json.set("objects", JSON.valueToTree(objects));
    json.set("backgrounds", JSON.valueToTree(backgrounds));
    return json;
  }

  private static List<Integer> integers(ModelConfig config, String field) {
    return java.util.Arrays.stream(config.integers(field)).boxed().toList();
  }

  private static List<String> texts(ModelConfig config, String field) {
    List<String> texts = new ArrayList<>();
    for (JsonNode text : config.fields().path(field)) {
      if (!text.isTextual()) {
        throw new ModelException(
            "%s: %s wants a list of names, found %s in it".formatted(config.origin(), field, text));
      }
      texts.add(text.textValue());
    }
    return texts;
  }

  /** Cells along each side of the output: the last level is brought back to the one before. */
  public int grid() {
    return side >> (channels.size() - 1);
  }

  /** The output that stands for something which is none of the objects. */
  public int unknown() {
    return objects.size();
  }
}
