package io.lssgen.lora;

import io.lssgen.errors.ModelException;
import io.lssgen.tensor.Tensor;
import io.lssgen.weights.Checkpoint;
import io.lssgen.weights.Names;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A LoRA's file: layers, each a few small tensors whose product changes the weight of one module.
 * It reads only headers and alphas until values are asked for.
 */
final class LoraFile implements AutoCloseable {
  /** Parts of names by which other kinds of small files are known. */
  private static final Map<String, String> OTHER_KINDS =
      Map.of(
          ".diff", "whole differences",
          ".oft_blocks", "OFT",
          "lora_B.bias", "LoRA with biases");

  private final Checkpoint weights;
  private final List<LoraLayer> layers;

  private LoraFile(Checkpoint weights, List<LoraLayer> layers) {
    this.weights = weights;
    this.layers = List.copyOf(layers);
  }

  /**
   * Opens a file, or the folder that holds it.
   *
   * @throws ModelException if it is missing, a pickle, damaged, or holds anything but LoRA layers
   */
  static LoraFile open(Path path) {
    Checkpoint weights = Checkpoint.open(path);
    Map<String, Map<LayerPart, String>> modules = new TreeMap<>();
    List<String> others = new ArrayList<>();
    for (String name : weights.names()) {
      LayerPart.of(name)
          .ifPresentOrElse(
              found ->
                  modules
                      .computeIfAbsent(found.module(), any -> new EnumMap<>(LayerPart.class))
                      .put(found.part(), name),
              () -> others.add(name));
    }
    try {
      requireLayersAlone(path, modules.isEmpty(), others);
      LayerReader reader = new LayerReader(weights);
      List<LoraLayer> layers = new ArrayList<>();
      modules.forEach((module, parts) -> layers.add(reader.layer(module, parts)));
      return new LoraFile(weights, layers);
    } catch (RuntimeException e) {
      weights.close(); // alphas may have been read
      throw e;
    }
  }

  private static void requireLayersAlone(Path path, boolean isEmpty, List<String> others) {
    if (!others.isEmpty()) {
      Optional<String> kind =
          OTHER_KINDS.entrySet().stream()
              .filter(entry -> others.stream().anyMatch(name -> name.contains(entry.getKey())))
              .map(Map.Entry::getValue)
              .sorted()
              .findFirst();
      throw new ModelException(
          "cannot use %s as a LoRA: wanted pairs of tensors (lora_down and lora_up, lora_A and lora_B, hada_w… or lokr_w…), found others, %s%s"
              .formatted(
                  path,
                  Names.some(others),
                  kind.map(": this is %s, which is not supported"::formatted).orElse("")));
    }
    if (isEmpty) {
      throw new ModelException(
          "cannot use %s as a LoRA: it holds no tensors; fetch or write the file again"
              .formatted(path));
    }
  }

  /** Whether some of these tensors are a LoRA's. */
  static boolean isMeant(Checkpoint weights) {
    return weights.names().stream()
        .flatMap(name -> LayerPart.of(name).stream())
        .anyMatch(found -> found.part() != LayerPart.ALPHA); // others have alphas, too
  }

  /** The architecture that it is for; empty if its layers do not tell. */
  Optional<String> kind() {
    return LoraKind.of(
        layers.stream()
            .map(layer -> new LoraKind.Module(layer.module(), layer.product().shape()[1]))
            .toList());
  }

  /** The file that was opened. */
  Path path() {
    return weights.origin();
  }

  /** Its layers, in the order of their modules' names. */
  List<LoraLayer> layers() {
    return layers;
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
