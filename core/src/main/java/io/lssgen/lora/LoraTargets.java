package io.lssgen.lora;

import static java.util.Objects.requireNonNull;

import io.lssgen.weights.ParameterTree;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** The modules of a model that LoRA layers can change, by the names that files give them. */
final class LoraTargets {
  private static final String UNET = "unet";
  private static final String TRANSFORMER = "transformer";
  private static final String TEXT = "text_encoder";
  private static final String TEXT_2 = "text_encoder_2";
  private static final String TEXT_3 = "text_encoder_3";
  private static final String FLUX_FIRST = "x_embedder.weight";
  private static final String FLUX_LAST = "proj_out.weight";
  private static final String T5_SIGN = "encoder.block.0.layer.0.SelfAttention.q.weight";

  /** How names begin, and the components that they are in: the first that has the module. */
  private static final List<Prefix> PREFIXES =
      List.of(
          new Prefix("lora_unet_", UNET, TRANSFORMER), // kohya's scripts
          new Prefix("lora_te_", TEXT),
          new Prefix("lora_te1_", TEXT),
          new Prefix("lora_te2_", TEXT_2),
          new Prefix("lora_te3_", TEXT_3, TEXT_2), // T5 is counted as the third in FLUX.1, too
          new Prefix("lora_transformer_", TRANSFORMER), // OneTrainer
          new Prefix("unet.", UNET), // diffusers
          new Prefix("transformer.", TRANSFORMER),
          new Prefix("text_encoder.", TEXT),
          new Prefix("text_encoder_2.", TEXT_2),
          new Prefix("text_encoder_3.", TEXT_3),
          new Prefix("diffusion_model.", UNET, TRANSFORMER), // ComfyUI
          new Prefix("text_encoders.clip_l.transformer.", TEXT),
          new Prefix("text_encoders.clip_g.transformer.", TEXT_2),
          new Prefix("text_encoders.t5xxl.transformer.", TEXT_3, TEXT_2),
          new Prefix("base_model.model.", UNET, TRANSFORMER), // PEFT
          new Prefix("", UNET, TRANSFORMER));

  private final Map<String, Map<String, long[]>> shapes = new LinkedHashMap<>();
  private final Map<String, ModuleNames> names = new LinkedHashMap<>();

  private record Prefix(String text, List<String> components) {
    Prefix(String text, String... components) {
      this(text, List.of(components));
    }
  }

  /** What a layer changes: rows of weights of one component. */
  record Target(String component, List<ModuleNames.Rows> rows) {}

  /** All modules of a model's components, by the components' names. */
  LoraTargets(Map<String, ParameterTree> components) {
    for (String component : List.of(UNET, TRANSFORMER, TEXT, TEXT_2, TEXT_3)) {
      ParameterTree tree = components.get(component);
      if (tree != null) {
        Map<String, long[]> sides = tree.shapes();
        shapes.put(component, sides);
        names.put(component, ModuleNames.of(sides));
      }
    }
  }

  /** Whether T5 is among the components, whatever its number. */
  boolean haveT5() {
    return shapes.values().stream().anyMatch(component -> component.containsKey(T5_SIGN));
  }

  /** What a layer of this name changes; empty if the model has no such module. */
  Optional<Target> find(String module) {
    for (Prefix prefix : PREFIXES) {
      if (module.startsWith(prefix.text)) {
        String name = module.substring(prefix.text.length());
        for (String component : prefix.components) {
          ModuleNames own = names.get(component);
          List<ModuleNames.Rows> rows = own == null ? List.of() : own.find(name);
          if (!rows.isEmpty()) {
            return Optional.of(new Target(component, rows));
          }
        }
      }
    }
    return Optional.empty();
  }

  /**
   * Channels of the latents that enter the layer of this target, if it is FLUX.1's first: as many
   * as leave the last one. More may enter it, of pictures.
   */
  OptionalLong latentChannels(Target target) {
    long[] last = shapes.getOrDefault(target.component(), Map.of()).get(FLUX_LAST);
    return last != null && target.rows().get(0).parameter().equals(FLUX_FIRST)
        ? OptionalLong.of(last[0])
        : OptionalLong.empty();
  }

  /** The shape of a parameter. */
  long[] shape(String component, String parameter) {
    return requireNonNull(requireNonNull(shapes.get(component)).get(parameter)).clone();
  }

  /** The kind of model that this is, if its names tell. */
  Optional<String> kind() {
    List<LoraKind.Module> modules = new ArrayList<>();
    shapes
        .values()
        .forEach(
            component ->
                component.forEach(
                    (path, shape) ->
                        modules.add(new LoraKind.Module(path, shape.length > 1 ? shape[1] : 0))));
    return LoraKind.of(modules);
  }
}
