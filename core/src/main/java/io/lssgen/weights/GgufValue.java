package io.lssgen.weights;

import java.util.Optional;

/** Types of the facts in a GGUF header, in the order of the numbers that the format gives them. */
enum GgufValue {
  UINT8(1),
  INT8(1),
  UINT16(2),
  INT16(2),
  UINT32(4),
  INT32(4),
  FLOAT32(4),
  BOOL(1),
  STRING(0),
  ARRAY(0),
  UINT64(8),
  INT64(8),
  FLOAT64(8);

  private final int bytes;

  GgufValue(int bytes) {
    this.bytes = bytes;
  }

  /** Bytes of one; 0 if they differ. */
  int bytes() {
    return bytes;
  }

  /** Whether it is a whole number. */
  boolean isWhole() {
    return switch (this) {
      case UINT8, INT8, UINT16, INT16, UINT32, INT32, UINT64, INT64 -> true;
      case FLOAT32, FLOAT64, BOOL, STRING, ARRAY -> false;
    };
  }

  static Optional<GgufValue> of(long id) {
    return id >= 0 && id < values().length ? Optional.of(values()[(int) id]) : Optional.empty();
  }
}
