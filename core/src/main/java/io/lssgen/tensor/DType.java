package io.lssgen.tensor;

import java.util.Locale;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Element types a {@link Tensor} can have. */
public enum DType {
  F32(ScalarType.Float, 4, "fp32"),
  F16(ScalarType.Half, 2, "fp16"),
  BF16(ScalarType.BFloat16, 2, "bf16"),
  F64(ScalarType.Double, 8, "fp64"),
  I64(ScalarType.Long, 8, "int64"),
  I32(ScalarType.Int, 4, "int32"),
  I8(ScalarType.Char, 1, "int8"),
  U8(ScalarType.Byte, 1, "uint8"),
  BOOL(ScalarType.Bool, 1, "bool");

  private final ScalarType scalarType;
  private final int bytes;
  private final String label;

  DType(ScalarType scalarType, int bytes, String label) {
    this.scalarType = scalarType;
    this.bytes = bytes;
    this.label = label;
  }

  /** Bytes per element. */
  public int bytes() {
    return bytes;
  }

  /** The name people write on a command line: {@code fp32}, {@code bf16}, … */
  public String label() {
    return label;
  }

  public boolean isFloating() {
    return this == F32 || this == F16 || this == BF16 || this == F64;
  }

  /** Whether models are stored and computed in this type: fp32, bf16 or fp16. */
  public boolean isForModels() {
    return this == F32 || this == F16 || this == BF16;
  }

  /**
   * The type with this {@link #label()}, in any letter case.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static DType parse(String label) {
    for (DType type : values()) {
      if (type.label.equals(label.toLowerCase(Locale.ROOT))) {
        return type;
      }
    }
    throw new IllegalArgumentException("unknown dtype '" + label + "', wanted fp32, bf16 or fp16");
  }

  ScalarType scalarType() {
    return scalarType;
  }

  static DType of(ScalarType scalarType) {
    ScalarType wanted = scalarType.intern();
    for (DType type : values()) {
      if (type.scalarType == wanted) {
        return type;
      }
    }
    throw new IllegalArgumentException("libtorch dtype " + wanted + " is not supported");
  }
}
