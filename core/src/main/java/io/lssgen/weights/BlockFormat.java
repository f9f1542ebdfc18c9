package io.lssgen.weights;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Numbers that no type of tensors holds: in blocks of consecutive ones, which are made into fp32.
 *
 * @param elements how many numbers a block holds
 * @param bytes of a block
 */
record BlockFormat(int elements, int bytes, Run run) {
  /** Makes the first {@code count} blocks into numbers. */
  interface Run {
    void decode(byte[] blocks, float[] numbers, int count);
  }

  /** Makes the block that begins at {@code at} into numbers from {@code first} on. */
  interface Decoder {
    void decode(byte[] blocks, int at, float[] numbers, int first);
  }

  /** A format whose blocks are made into numbers one by one. */
  static BlockFormat ofBlocks(int elements, int bytes, Decoder decoder) {
    return new BlockFormat(
        elements,
        bytes,
        (blocks, numbers, count) -> {
          for (int i = 0; i < count; i++) {
            decoder.decode(blocks, i * bytes, numbers, i * elements);
          }
        });
  }

  /** That of a type; empty if a tensor holds it as it is, or nothing here reads it. */
  static Optional<BlockFormat> of(StoredType type) {
    @Nullable BlockFormat format =
        type instanceof GgufType gguf
            ? gguf.blocks()
            : type instanceof SafetensorsType safetensors ? safetensors.blocks() : null;
    return Optional.ofNullable(format);
  }
}
