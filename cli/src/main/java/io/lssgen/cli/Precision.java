package io.lssgen.cli;

import io.lssgen.tensor.DType;
import io.lssgen.tensor.Processor;
import java.util.Locale;

/** Types that models can compute in; {@code auto} is what the processor is fastest in. */
enum Precision {
  FP32,
  BF16,
  AUTO;

  /** Asks for the processor only where that decides, not whenever a command is made. */
  DType type() {
    return Processor.type(name().toLowerCase(Locale.ROOT));
  }
}
