package io.lssgen.model;

import io.lssgen.errors.ModelException;

/**
 * Bounds for the numbers in configurations. They lie far above any published model's and low enough
 * that products of a few do not overflow and that nothing of their length exhausts the memory
 * before the weights say that they are another model's.
 */
public final class Sizes {
  /** Widths, vocabularies, lengths. */
  public static final int MOST = 1 << 20;

  /** Things made one by one: layers, blocks, heads. */
  public static final int MOST_PARTS = 1 << 10;

  private Sizes() {}

  /**
   * Checks that {@code value} is from 1 to {@code most}.
   *
   * @param model what the configuration is for
   * @param field the field's name in the file
   * @throws ModelException if it is not
   */
  public static void require(String model, String field, int value, int most) {
    require(model, field, value, 1, most);
  }

  /** Checks that {@code value} is from {@code least} to {@code most}. */
  public static void require(String model, String field, long value, int least, int most) {
    if (value < least || value > most) {
      throw new ModelException(
          "%s: %s must be from %d to %d, found %d".formatted(model, field, least, most, value));
    }
  }
}
