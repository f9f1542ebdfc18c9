package io.lssgen.lora;

import org.jspecify.annotations.Nullable;

/**
 * The change of one module's weight W: scale · product, or, with magnitudes, the difference from W
 * to W + scale · product with rows (or columns) of those lengths (DoRA, arXiv 2402.09353, equation
 * 5).
 *
 * @param module its name as the file has it
 * @param product what is added
 * @param scale alpha over rank, or what the file says instead
 */
record LoraLayer(String module, Product product, double scale, @Nullable Magnitudes magnitudes) {

  /**
   * @param tensor the name of the lengths
   * @param ofColumns whether they are of columns [in] instead of rows [out]
   */
  record Magnitudes(String tensor, boolean ofColumns) {}

  /** What people call such a layer. */
  String kind() {
    String kind = product.kind();
    return magnitudes == null ? kind : kind.equals("LoRA") ? "DoRA" : kind + " with DoRA";
  }
}
