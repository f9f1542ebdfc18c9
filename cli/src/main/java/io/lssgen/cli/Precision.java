package io.lssgen.cli;

import io.lssgen.tensor.DType;
import io.lssgen.tensor.Processor;

/** Types that models can compute in; {@code auto} is what the processor is fastest in. */
enum Precision {
  FP32(DType.F32),
  BF16(DType.BF16),
  AUTO(Processor.fastestType());

  private final DType type;

  Precision(DType type) {
    this.type = type;
  }

  DType type() {
    return type;
  }
}
