package io.lssgen.model.unet;

import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.Tensors;

/**
 * What SDXL is told beside the text's states (arXiv 2307.01952, section 2.2).
 *
 * @param pooled [B, P]: the projected pooled text of the second encoder
 * @param sizes [B, N], fp32, in pixels: for SDXL original height and width, top and left of the
 *     crop, target height and width
 */
public record AddedConditions(Tensor pooled, Tensor sizes) {
  /**
   * SDXL's sizes of whole pictures: nothing is cropped, original and target are the picture itself.
   *
   * @param pooled [B, P]
   * @param height pixels
   * @param width pixels
   */
  public static AddedConditions uncropped(Tensor pooled, float height, float width) {
    Tensor sizes = Tensors.of(new float[] {height, width, 0, 0, height, width}, 1, 6);
    return new AddedConditions(pooled, sizes.expand(pooled.size(0), 6));
  }
}
