package io.lssgen.lora;

import io.lssgen.errors.ModelException;
import io.lssgen.weights.Checkpoint;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What can be said of a LoRA without a model to put it into.
 *
 * @param architecture that it was made for, for instance {@code SDXL}; empty if its layers do not
 *     tell
 * @param kinds what its layers are, each once: LoRA, DoRA, LoHa, LoKr
 * @param layers the modules that it changes
 * @param ranks of its layers, each once, rising; those without one are left out
 */
public record LoraSummary(
    Optional<String> architecture, Collection<String> kinds, int layers, Collection<Long> ranks) {
  /** Whether weights are a LoRA's, of a kind that can be used or not. */
  public static boolean isLora(Checkpoint weights) {
    return LoraFile.isMeant(weights);
  }

  /**
   * Reads a file, or the folder that holds it.
   *
   * @throws ModelException if it cannot be used as a LoRA
   */
  public static LoraSummary read(Path path) {
    try (LoraFile file = LoraFile.open(path)) {
      return new LoraSummary(
          file.kind(),
          file.layers().stream()
              .map(LoraLayer::kind)
              .collect(Collectors.toCollection(TreeSet::new)),
          file.layers().size(),
          file.layers().stream()
              .map(layer -> layer.product().rank())
              .filter(rank -> rank > 0)
              .collect(Collectors.toCollection(TreeSet::new)));
    }
  }
}
