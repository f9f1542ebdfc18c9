package io.lssgen.weights;

import io.lssgen.tensor.DType;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The element types a safetensors header may name, in the format's own order of alignment: files
 * are laid out from the last of these to the first.
 *
 * <p>Knowing a type here means that a file which contains it can be checked and listed. Whether its
 * values can be read is a matter of the tensor engine.
 */
public enum SafetensorsType implements StoredType {
  /** One byte per truth value. */
  BOOL(8),
  /** 4-bit float, two to a byte. */
  F4(4),
  /** 6-bit float with 2 exponent bits, packed. */
  F6_E2M3(6),
  /** 6-bit float with 3 exponent bits, packed. */
  F6_E3M2(6),
  /** Unsigned byte. */
  U8(8),
  /** Signed byte. */
  I8(8),
  /** 8-bit float with 5 exponent bits. */
  F8_E5M2(8),
  /** 8-bit float with 4 exponent bits. */
  F8_E4M3(8),
  /** 8-bit power of two, as used for block scales. */
  F8_E8M0(8),
  /** 8-bit float with 4 exponent bits, without infinities or negative zero. */
  F8_E4M3FNUZ(8),
  /** 8-bit float with 5 exponent bits, without infinities or negative zero. */
  F8_E5M2FNUZ(8),
  /** Signed 16-bit integer. */
  I16(16),
  /** Unsigned 16-bit integer. */
  U16(16),
  /** IEEE half precision. */
  F16(16),
  /** bfloat16. */
  BF16(16),
  /** Signed 32-bit integer. */
  I32(32),
  /** Unsigned 32-bit integer. */
  U32(32),
  /** IEEE single precision. */
  F32(32),
  /** Complex number of two single-precision floats. */
  C64(64),
  /** IEEE double precision. */
  F64(64),
  /** Signed 64-bit integer. */
  I64(64),
  /** Unsigned 64-bit integer. */
  U64(64);

  private static final Optional<DType> NONE = Optional.empty();

  private final int bits;

  SafetensorsType(int bits) {
    this.bits = bits;
  }

  /** Bits per element; 4 and 6 for the packed types. */
  public int bits() {
    return bits;
  }

  @Override
  public Optional<DType> tensorType() {
    return switch (this) {
      case F32 -> Optional.of(DType.F32);
      case F16 -> Optional.of(DType.F16);
      case BF16 -> Optional.of(DType.BF16);
      case F64 -> Optional.of(DType.F64);
      case I64 -> Optional.of(DType.I64);
      case I32 -> Optional.of(DType.I32);
      case I8 -> Optional.of(DType.I8);
      case U8 -> Optional.of(DType.U8);
      case BOOL -> Optional.of(DType.BOOL);
      case F4, F6_E2M3, F6_E3M2, F8_E5M2, F8_E4M3, F8_E8M0, F8_E4M3FNUZ, F8_E5M2FNUZ -> NONE;
      case I16, U16, U32, C64, U64 -> NONE;
    };
  }

  @Override
  public boolean isQuantised() {
    return blocks() != null;
  }

  /**
   * How its numbers are read where no tensor holds them as they are; null if nothing reads them.
   */
  @Nullable BlockFormat blocks() {
    return switch (this) {
      case F8_E4M3 -> Float8.E4M3;
      case F8_E5M2 -> Float8.E5M2;
      default -> null;
    };
  }

  /** The type that a file gives to tensors of this type in memory. */
  public static SafetensorsType of(DType type) {
    return switch (type) {
      case F32 -> F32;
      case F16 -> F16;
      case BF16 -> BF16;
      case F64 -> F64;
      case I64 -> I64;
      case I32 -> I32;
      case I8 -> I8;
      case U8 -> U8;
      case BOOL -> BOOL;
    };
  }

  /** The type of this name, exactly as a header spells it. */
  static Optional<SafetensorsType> named(String name) {
    return Arrays.stream(values()).filter(type -> type.name().equals(name)).findFirst();
  }

  /** All names, for messages. */
  static String names() {
    return Arrays.stream(values()).map(Enum::name).collect(Collectors.joining(", "));
  }
}
