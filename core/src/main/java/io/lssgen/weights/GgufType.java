package io.lssgen.weights;

import io.lssgen.tensor.DType;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Element types of GGUF files. Quantised ones hold numbers in blocks of consecutive ones, a few
 * bits each, with scales that a block shares; see <a
 * href="https://github.com/ggml-org/ggml/blob/master/src/ggml-common.h">ggml's definitions</a>.
 */
@SuppressWarnings("ImmutableEnumChecker") // functions without state
public enum GgufType implements StoredType {
  F32(0, DType.F32),
  F16(1, DType.F16),
  BF16(30, DType.BF16),
  F64(28, DType.F64),
  I8(24, DType.I8),
  I32(26, DType.I32),
  I64(27, DType.I64),
  Q4_0(2, 32, 18, GgufBlocks::q40),
  Q4_1(3, 32, 20, GgufBlocks::q41),
  Q5_0(6, 32, 22, GgufBlocks::q50),
  Q5_1(7, 32, 24, GgufBlocks::q51),
  Q8_0(8, 32, 34, GgufBlocks::q80),
  Q2_K(10, 256, 84, GgufBlocks::q2k),
  Q3_K(11, 256, 110, GgufBlocks::q3k),
  Q4_K(12, 256, 144, GgufBlocks::q4k),
  Q5_K(13, 256, 176, GgufBlocks::q5k),
  Q6_K(14, 256, 210, GgufBlocks::q6k),
  I16(25, 1, 2, null),
  Q8_1(9, 32, 36, null),
  Q8_K(15, 256, 292, null),
  IQ2_XXS(16, 256, 66, null),
  IQ2_XS(17, 256, 74, null),
  IQ3_XXS(18, 256, 98, null),
  IQ1_S(19, 256, 50, null),
  IQ4_NL(20, 32, 18, GgufBlocks::iq4nl),
  IQ3_S(21, 256, 110, null),
  IQ2_S(22, 256, 82, null),
  IQ4_XS(23, 256, 136, GgufBlocks::iq4xs),
  IQ1_M(29, 256, 56, null),
  TQ1_0(34, 256, 54, null),
  TQ2_0(35, 256, 66, null);

  private final int id;
  private final int blockElements;
  private final int blockBytes;
  private final @Nullable DType plain;
  private final @Nullable BlockFormat blocks;

  GgufType(int id, DType plain) {
    this.id = id;
    this.blockElements = 1;
    this.blockBytes = plain.bytes();
    this.plain = plain;
    this.blocks = null;
  }

  GgufType(int id, int blockElements, int blockBytes, BlockFormat.@Nullable Decoder decoder) {
    this.id = id;
    this.blockElements = blockElements;
    this.blockBytes = blockBytes;
    this.plain = null;
    this.blocks = decoder == null ? null : BlockFormat.ofBlocks(blockElements, blockBytes, decoder);
  }

  /** How many consecutive numbers a block holds; 1 if they are not quantised. */
  public int blockElements() {
    return blockElements;
  }

  /** Bytes of a block. */
  public int blockBytes() {
    return blockBytes;
  }

  @Override
  public Optional<DType> tensorType() {
    return Optional.ofNullable(plain);
  }

  @Override
  public boolean isQuantised() {
    return blocks != null;
  }

  /** How its blocks are read; null if it has none, or nothing here reads them. */
  @Nullable BlockFormat blocks() {
    return blocks;
  }

  /** The type that the format's number {@code id} means. */
  static Optional<GgufType> of(long id) {
    return Arrays.stream(values()).filter(type -> type.id == id).findFirst();
  }

  /** The names of those that can be read, for messages. */
  static String readable() {
    return Arrays.stream(values())
        .filter(type -> type.plain != null || type.blocks != null)
        .map(Enum::name)
        .collect(Collectors.joining(", "));
  }
}
