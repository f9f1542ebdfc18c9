package io.lssgen.lora;

import com.fasterxml.jackson.databind.JsonNode;
import io.lssgen.weights.Checkpoint;
import io.lssgen.weights.ModelConfig;
import io.lssgen.weights.WeightsFile;
import java.util.OptionalDouble;

/**
 * PEFT's settings, which diffusers writes into a LoRA file's metadata: there the alphas are, unless
 * they stand beside the tensors. Names begin with the component, for instance {@code
 * transformer.lora_alpha}.
 */
final class AdapterSettings {
  private static final String KEY = "lora_adapter_metadata";

  private final ModelConfig config;

  private AdapterSettings(ModelConfig config) {
    this.config = config;
  }

  /**
   * @throws io.lssgen.errors.ModelException if there are settings that cannot be read
   */
  static AdapterSettings of(Checkpoint weights) {
    String json = "{}";
    for (WeightsFile file : weights.files()) {
      json = file.metadata().getOrDefault(KEY, json);
    }
    return new AdapterSettings(
        ModelConfig.parse("the metadata %s of %s".formatted(KEY, weights.origin()), json));
  }

  /**
   * What a layer's product is multiplied by; empty if nothing is said about it.
   *
   * @param module the layer's name, beginning with the component
   * @param rank of the layer
   */
  OptionalDouble scale(String module, long rank) {
    int dot = module.indexOf('.');
    String component = module.substring(0, Math.max(0, dot));
    String name = module.substring(dot + 1);
    OptionalDouble alpha = alpha(component, name);
    if (alpha.isEmpty()) {
      return alpha;
    }
    boolean stabilised = config.flag(component + ".use_rslora", false); // arXiv 2312.03732
    return OptionalDouble.of(alpha.getAsDouble() / (stabilised ? Math.sqrt(rank) : rank));
  }

  private OptionalDouble alpha(String component, String name) {
    JsonNode patterns = config.fields().path(component + ".alpha_pattern");
    for (var entry : patterns.properties()) {
      String pattern =
          entry.getKey().startsWith("^") ? entry.getKey().substring(1) : entry.getKey();
      if (entry.getValue().isNumber() && (name.equals(pattern) || name.endsWith("." + pattern))) {
        return OptionalDouble.of(entry.getValue().doubleValue());
      }
    }
    String all = component + ".lora_alpha";
    return config.has(all) ? OptionalDouble.of(config.number(all)) : OptionalDouble.empty();
  }
}
