package io.lssgen.lora;

import io.lssgen.errors.UsageException;
import java.nio.file.Path;

/**
 * A LoRA that is wanted.
 *
 * @param file in safetensors format, or a folder that holds it
 * @param weight what its change is multiplied by: 1 as it was trained, 0 not at all; may be
 *     negative
 */
public record Lora(Path file, double weight) {

  /**
   * Checks the weight.
   *
   * @throws UsageException if it is NaN or infinite
   */
  public Lora {
    if (!Double.isFinite(weight)) {
      throw new UsageException(
          "the weight of the LoRA %s must be a finite number, found %s".formatted(file, weight));
    }
  }

  /** Reads {@code FILE} or {@code FILE:WEIGHT}; without a weight it is 1. */
  public static Lora parse(String text) {
    int colon = text.lastIndexOf(':');
    try {
      if (colon > 0) {
        double weight = Double.parseDouble(text.substring(colon + 1));
        return new Lora(Path.of(text.substring(0, colon)), weight);
      }
    } catch (NumberFormatException e) {
      return new Lora(Path.of(text), 1); // a colon of the file's name
    }
    return new Lora(Path.of(text), 1);
  }

  /** The file's name without its ending. */
  public String name() {
    return LoraFolder.stem(file.toAbsolutePath().normalize());
  }
}
