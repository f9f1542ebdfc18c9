package io.lssgen.model;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import io.lssgen.weights.ModelConfig;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a diffusers folder of a published model says, for files that hold nothing but weights. The
 * resources in {@code published} are made from diffusers' public configurations: one that lists a
 * model's components as {@code model_index.json} does, with the resource that has each one's
 * configuration.
 *
 * @param settings the fields of the list, that is the pipeline's class and settings
 * @param components by name
 */
record PublishedModel(ModelConfig settings, Map<String, Component> components) {
  private static final String FOLDER = "published/";

  /**
   * @param type the class
   * @param config null where it has to come with the model
   */
  record Component(String type, @Nullable ModelConfig config) {}

  PublishedModel {
    components = Collections.unmodifiableMap(new TreeMap<>(components));
  }

  /** The model in {@code published/<name>.json}. */
  static PublishedModel of(String name) {
    ModelConfig index = read(name);
    Map<String, Component> components = new TreeMap<>();
    for (Map.Entry<String, JsonNode> field : index.fields().properties()) {
      if (field.getValue().isArray()) {
        JsonNode config = field.getValue().path(1);
        components.put(
            field.getKey(),
            new Component(
                field.getValue().path(0).textValue(),
                config.isTextual() ? read(config.textValue()) : null));
      }
    }
    return new PublishedModel(index, components);
  }

  /** The pipeline's class. */
  String pipeline() {
    return settings.text("_class_name");
  }

  private static ModelConfig read(String name) {
    String resource = FOLDER + name + ".json";
    try (InputStream in = PublishedModel.class.getResourceAsStream(resource)) {
      byte[] json = requireNonNull(in, resource + " is missing").readAllBytes();
      return ModelConfig.parse("the published configuration " + name, new String(json, UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException("the resource " + resource + " cannot be read", e);
    }
  }
}
