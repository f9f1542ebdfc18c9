package io.lssgen.weights;

import java.util.Collections;
import java.util.Map;

/**
 * What the header of a weights file says.
 *
 * @param metadata free-form facts, empty when there are none
 * @param entries the tensors by name, in the order in which they lie in the file
 */
record WeightsHeader(Map<String, String> metadata, Map<String, TensorInfo> entries) {
  WeightsHeader {
    metadata = Collections.unmodifiableMap(metadata);
    entries = Collections.unmodifiableMap(entries);
  }
}
