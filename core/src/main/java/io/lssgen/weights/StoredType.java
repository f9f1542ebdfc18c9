package io.lssgen.weights;

import io.lssgen.tensor.DType;
import java.util.Optional;

/** The element type of a tensor in a weights file, as the file's format calls it. */
public sealed interface StoredType permits SafetensorsType, GgufType {
  /** Its name in the file's format. */
  String name();

  /** The type a tensor of this file type has in memory as it is; empty when there is none. */
  Optional<DType> tensorType();

  /** Whether its numbers are in blocks of a few bits each, which become fp32 when they are used. */
  boolean isQuantised();
}
