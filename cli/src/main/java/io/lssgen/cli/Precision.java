package io.lssgen.cli;

import io.lssgen.tensor.DType;

/** Types that models can compute in. */
enum Precision {
  FP32(DType.F32),
  BF16(DType.BF16);

  private final DType type;

  Precision(DType type) {
    this.type = type;
  }

  DType type() {
    return type;
  }
}
