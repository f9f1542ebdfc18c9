package io.lssgen.weights;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.lssgen.errors.IoReason;
import io.lssgen.errors.ModelException;
import io.lssgen.files.UnfinishedDownloads;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * A {@code config.json} as diffusers and transformers write it, read field by field. A field that
 * is missing or of the wrong kind fails with the file's name, the field and what was found.
 *
 * @param origin the file, for messages
 * @param fields the JSON object
 */
public record ModelConfig(String origin, JsonNode fields) {
  /** Python writes -Infinity for a bound that is not there. */
  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS).build();

  /**
   * Reads {@code file}.
   *
   * @throws ModelException if it is missing, unreadable or no JSON object
   */
  public static ModelConfig read(Path file) {
    try {
      return parse(file.toString(), Files.readString(file));
    } catch (NoSuchFileException e) {
      throw new ModelException(
          "%s is missing; a diffusers model folder has one%s"
              .formatted(file, UnfinishedDownloads.hint(file.resolveSibling("."))),
          e);
    } catch (IOException e) {
      throw new ModelException(file + " could not be read: " + IoReason.of(e), e);
    }
  }

  /** Parses {@code json}; {@code origin} is named in messages. */
  public static ModelConfig parse(String origin, String json) {
    try {
      JsonNode node = JSON.readTree(json);
      if (!node.isObject()) {
        throw new ModelException(origin + ": wanted a JSON object, found " + node.getNodeType());
      }
      return new ModelConfig(origin, node);
    } catch (JsonProcessingException e) {
      throw new ModelException(origin + " is no valid JSON: " + e.getOriginalMessage(), e);
    }
  }

  /** Whether {@code name} is there and not null. */
  public boolean has(String name) {
    return fields.hasNonNull(name);
  }

  public int integer(String name) {
    JsonNode node = field(name);
    if (!node.canConvertToExactIntegral() || !node.canConvertToInt()) {
      throw wrong(name, "an integer", node);
    }
    return node.intValue();
  }

  public int integer(String name, int absent) {
    return has(name) ? integer(name) : absent;
  }

  /** An integer of at least 1. */
  public int positive(String name) {
    int value = integer(name);
    if (value < 1) {
      throw wrong(name, "an integer of at least 1", fields.get(name));
    }
    return value;
  }

  public int positive(String name, int absent) {
    return has(name) ? positive(name) : absent;
  }

  public double number(String name) {
    JsonNode node = field(name);
    if (!node.isNumber()) {
      throw wrong(name, "a number", node);
    }
    if (!Double.isFinite(node.doubleValue())) {
      throw wrong(name, "a finite number", node.doubleValue());
    }
    return node.doubleValue();
  }

  public double number(String name, double absent) {
    return has(name) ? number(name) : absent;
  }

  public boolean flag(String name, boolean absent) {
    if (!has(name)) {
      return absent;
    }
    JsonNode node = field(name);
    if (!node.isBoolean()) {
      throw wrong(name, "true or false", node);
    }
    return node.booleanValue();
  }

  public String text(String name) {
    JsonNode node = field(name);
    if (!node.isTextual()) {
      throw wrong(name, "a string", node);
    }
    return node.textValue();
  }

  public String text(String name, String absent) {
    return has(name) ? text(name) : absent;
  }

  /** A list of integers. */
  public int[] integers(String name) {
    JsonNode node = field(name);
    if (!node.isArray()) {
      throw wrong(name, "a list of integers", node);
    }
    int[] values = new int[node.size()];
    for (int i = 0; i < values.length; i++) {
      if (!node.get(i).canConvertToInt()) {
        throw wrong(name, "a list of integers", node);
      }
      values[i] = node.get(i).intValue();
    }
    return values;
  }

  /**
   * One integer for each of {@code count} parts: from a list of that length, or one number for all
   * of them.
   */
  public int[] integers(String name, int count, int absent) {
    if (has(name) && fields.get(name).isArray()) {
      int[] values = integers(name);
      if (values.length != count) {
        throw wrong(name, "an integer or a list of " + count, fields.get(name));
      }
      return values;
    }
    int[] same = new int[count];
    Arrays.fill(same, integer(name, absent));
    return same;
  }

  /** A list of numbers. */
  public List<Double> numbers(String name) {
    return list(name, "numbers", JsonNode::isNumber, JsonNode::doubleValue);
  }

  /** A list of strings. */
  public List<String> texts(String name) {
    return list(name, "strings", JsonNode::isTextual, JsonNode::textValue);
  }

  private <T> List<T> list(
      String name, String kind, Predicate<JsonNode> right, Function<JsonNode, T> value) {
    JsonNode node = field(name);
    if (!node.isArray()) {
      throw wrong(name, "a list of " + kind, node);
    }
    List<T> values = new ArrayList<>();
    for (JsonNode element : node) {
      if (!right.test(element)) {
        throw wrong(name, "a list of " + kind, node);
      }
      values.add(value.apply(element));
    }
    return values;
  }

  private JsonNode field(String name) {
    JsonNode node = fields.get(name);
    if (node == null || node.isNull()) {
      throw new ModelException(origin + ": the field '" + name + "' is missing");
    }
    return node;
  }

  private ModelException wrong(String name, String wanted, Object found) {
    return new ModelException(
        origin + ": the field '" + name + "' wants " + wanted + ", found " + found);
  }
}
