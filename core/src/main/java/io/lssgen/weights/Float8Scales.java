package io.lssgen.weights;

import io.lssgen.errors.ModelException;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.weights.Checkpoint.Holder;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Scaled floats of 8 bits, as ComfyUI stores them: beside {@code x.weight} a number {@code
 * x.scale_weight} that it is multiplied by, perhaps {@code x.scale_input} for products in 8 bits,
 * which are not made here, and one tensor {@code scaled_fp8} that says so.
 */
final class Float8Scales {
  private static final String SCALE = ".scale_weight";
  private static final String OF_INPUTS = ".scale_input";
  private static final String MARK = "scaled_fp8";

  private Float8Scales() {}

  /** The tensors with their scales, and without what tells these. */
  static Map<String, Holder> applied(Map<String, Holder> holders) {
    // Of weights in several files, the mark may be in another.
    if (holders.keySet().stream().noneMatch(name -> isMark(name) || name.endsWith(SCALE))) {
      return holders;
    }
    Map<String, Holder> scaled = new LinkedHashMap<>();
    holders.forEach(
        (name, holder) -> {
          if (!isMark(name) && !name.endsWith(SCALE) && !name.endsWith(OF_INPUTS)) {
            Holder scale = holders.get(base(name) + SCALE);
            scaled.put(
                name,
                scale != null && name.endsWith(".weight") ? holder.scaled(number(scale)) : holder);
          }
        });
    return scaled;
  }

  private static boolean isMark(String name) {
    return name.equals(MARK) || name.endsWith("." + MARK);
  }

  private static String base(String name) {
    return name.substring(0, Math.max(0, name.lastIndexOf('.')));
  }

  private static double number(Holder scale) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor tensor = scale.file().tensor(scale.stored());
      if (tensor.numel() == 1 && tensor.allFinite()) {
        return tensor.item();
      }
      throw new ModelException(
          "cannot read %s: the scale %s wants one finite number, found %s"
              .formatted(
                  scale.file().path(), Names.quoted(scale.stored()), Names.shape(tensor.shape())));
    }
  }
}
