package io.lssgen.lora;

import static java.util.Objects.requireNonNull;

import io.lssgen.errors.ModelException;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.weights.Checkpoint;
import io.lssgen.weights.Names;
import io.lssgen.weights.SafetensorsType;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A LoRA's file: layers, each a pair of tensors whose product changes the weight of one module. It
 * reads only headers and alphas until values are asked for.
 */
final class LoraFile implements AutoCloseable {
  /** How a tensor's name ends tells its part; what stands before names the module. */
  private static final Map<String, Part> ENDINGS = endings();

  private static final List<String> DOWNS =
      ENDINGS.keySet().stream().filter(ending -> ENDINGS.get(ending) == Part.DOWN).toList();

  /** Parts of names by which other kinds of small files are known. */
  private static final Map<String, String> OTHER_KINDS =
      Map.of(
          "dora_scale", "DoRA",
          "lora_magnitude_vector", "DoRA",
          "hada_w", "LoHa",
          "lokr_w", "LoKr",
          "lora_mid", "LoCon with a core",
          ".diff", "whole differences",
          "lora_B.bias", "LoRA with biases");

  private final Checkpoint weights;
  private final List<Layer> layers;

  private enum Part {
    DOWN,
    UP,
    ALPHA
  }

  /**
   * The change of one module: scale · (up · down).
   *
   * @param module its name as the file has it
   * @param down the name of the tensor [rank, in, …]
   * @param up the name of the tensor [out, rank, …]
   * @param rank the first side of {@code down}
   */
  record Layer(String module, String down, String up, long rank, double scale) {}

  private LoraFile(Checkpoint weights, List<Layer> layers) {
    this.weights = weights;
    this.layers = List.copyOf(layers);
  }

  private static Map<String, Part> endings() {
    Map<String, Part> endings = new LinkedHashMap<>();
    endings.put(".lora_down.weight", Part.DOWN); // kohya
    endings.put(".lora_up.weight", Part.UP);
    endings.put(".alpha", Part.ALPHA);
    endings.put(".lora_A.weight", Part.DOWN); // PEFT and diffusers
    endings.put(".lora_B.weight", Part.UP);
    endings.put(".lora_A.default.weight", Part.DOWN);
    endings.put(".lora_B.default.weight", Part.UP);
    endings.put(".lora.down.weight", Part.DOWN); // diffusers before PEFT
    endings.put(".lora.up.weight", Part.UP);
    endings.put("_lora.down.weight", Part.DOWN);
    endings.put("_lora.up.weight", Part.UP);
    endings.put(".lora_linear_layer.down.weight", Part.DOWN);
    endings.put(".lora_linear_layer.up.weight", Part.UP);
    return endings;
  }

  /**
   * Opens a file, or the folder that holds it.
   *
   * @throws ModelException if it is missing, a pickle, damaged, or holds anything but LoRA layers
   */
  static LoraFile open(Path path) {
    Checkpoint weights = Checkpoint.open(path);
    Map<String, Map<Part, String>> modules = new TreeMap<>();
    List<String> others = new ArrayList<>();
    for (String name : weights.names()) {
      Optional<String> ending = ENDINGS.keySet().stream().filter(name::endsWith).findFirst();
      if (ending.isPresent()) {
        String module = name.substring(0, name.length() - ending.get().length());
        Part part = requireNonNull(ENDINGS.get(ending.get()));
        modules.computeIfAbsent(module, any -> new LinkedHashMap<>()).put(part, name);
      } else {
        others.add(name);
      }
    }
    requireLayersAlone(path, modules, others);
    AdapterSettings settings = AdapterSettings.of(weights);
    List<Layer> layers = new ArrayList<>();
    try {
      modules.forEach((module, parts) -> layers.add(layer(weights, module, parts, settings)));
      return new LoraFile(weights, layers);
    } catch (RuntimeException e) {
      weights.close(); // alphas may have been read
      throw e;
    }
  }

  private static void requireLayersAlone(
      Path path, Map<String, Map<Part, String>> modules, List<String> others) {
    if (!others.isEmpty()) {
      Optional<String> kind =
          OTHER_KINDS.entrySet().stream()
              .filter(entry -> others.stream().anyMatch(name -> name.contains(entry.getKey())))
              .map(Map.Entry::getValue)
              .sorted()
              .findFirst();
      throw new ModelException(
          "cannot use %s as a LoRA: wanted pairs of tensors (lora_down and lora_up, or lora_A and lora_B), found others, %s%s"
              .formatted(
                  path,
                  Names.some(others),
                  kind.map(": this is %s, which is not supported"::formatted).orElse("")));
    }
    List<String> halves =
        modules.entrySet().stream()
            .filter(e -> !e.getValue().containsKey(Part.DOWN) || !e.getValue().containsKey(Part.UP))
            .map(Map.Entry::getKey)
            .toList();
    if (!halves.isEmpty() || modules.isEmpty()) {
      throw new ModelException(
          "cannot use %s as a LoRA: %s; fetch or write the file again"
              .formatted(
                  path,
                  modules.isEmpty()
                      ? "it holds no tensors"
                      : "of these layers it holds one half alone, " + Names.some(halves)));
    }
  }

  private static Layer layer(
      Checkpoint weights, String module, Map<Part, String> parts, AdapterSettings settings) {
    String down = requireNonNull(parts.get(Part.DOWN));
    String up = requireNonNull(parts.get(Part.UP));
    long[] shape = weights.entry(down).shape();
    if (shape.length < 2 || shape[0] < 1) {
      throw new ModelException(
          "cannot use %s as a LoRA: %s wants a shape [rank, in], found %s"
              .formatted(weights.origin(), Names.quoted(down), Names.shape(shape)));
    }
    List.of(down, up).forEach(name -> requireNumbers(weights, name));
    String alpha = parts.get(Part.ALPHA);
    double scale =
        alpha == null
            ? settings.scale(module, shape[0]).orElse(1)
            : number(weights, alpha) / shape[0];
    return new Layer(module, down, up, shape[0], scale);
  }

  /** Types that cannot be read are refused now, not when half of a model is changed. */
  private static void requireNumbers(Checkpoint weights, String name) {
    SafetensorsType type = weights.entry(name).dtype();
    if (type.tensorType().filter(DType::isFloating).isEmpty()) {
      throw new ModelException(
          "cannot use %s as a LoRA: %s is of type %s, wanted F32, F16 or BF16"
              .formatted(weights.origin(), Names.quoted(name), type));
    }
  }

  private static double number(Checkpoint weights, String name) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor tensor = weights.tensor(name);
      if (tensor.numel() != 1 || !tensor.allFinite()) {
        throw new ModelException(
            "cannot use %s as a LoRA: %s wants one finite number, found %s"
                .formatted(weights.origin(), Names.quoted(name), tensor));
      }
      return tensor.item();
    }
  }

  /** Whether some of these tensors are a LoRA's. */
  static boolean isMeant(Checkpoint weights) {
    return weights.names().stream().anyMatch(name -> DOWNS.stream().anyMatch(name::endsWith));
  }

  /** The architecture that it is for; empty if its layers do not tell. */
  Optional<String> kind() {
    return LoraKind.of(
        layers.stream()
            .map(layer -> new LoraKind.Module(layer.module(), shape(layer.down())[1]))
            .toList());
  }

  /** The file that was opened. */
  Path path() {
    return weights.origin();
  }

  /** Its layers, in the order of their modules' names. */
  List<Layer> layers() {
    return layers;
  }

  /** The shape of a tensor. */
  long[] shape(String tensor) {
    return weights.entry(tensor).shape();
  }

  /** A tensor of a layer; it belongs to the open scope. */
  Tensor tensor(String name) {
    return weights.tensor(name);
  }

  /** Gives up the file's memory map. */
  @Override
  public void close() {
    weights.close();
  }
}
