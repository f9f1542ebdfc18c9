package io.lssgen.weights;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Numbers that no type of tensors holds: in blocks of consecutive ones, which are made into fp32.
 *
 * @param elements how many numbers a block holds
 * @param bytes of a block
 */
record BlockFormat(int elements, int bytes, Decoder decoder) {
  /** Makes the block that begins at {@code at} into numbers from {@code first} on. */
  interface Decoder {
    void decode(byte[] blocks, int at, float[] numbers, int first);
  }

  /** That of a type; empty if a tensor holds it as it is, or nothing here reads it. */
  static Optional<BlockFormat> of(StoredType type) {
    @Nullable BlockFormat format =
        type instanceof GgufType gguf
            ? gguf.blocks()
            : type instanceof SafetensorsType safetensors ? safetensors.blocks() : null;
    return Optional.ofNullable(format);
  }

  /**
   * Makes blocks into numbers.
   *
   * @param blocks whole blocks, as many as fill {@code numbers}
   */
  void decode(byte[] blocks, float[] numbers) {
    int at = 0;
    for (int first = 0; first < numbers.length; first += elements) {
      decoder.decode(blocks, at, numbers, first);
      at += bytes;
    }
  }
}
