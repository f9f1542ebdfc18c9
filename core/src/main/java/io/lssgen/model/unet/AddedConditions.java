package io.lssgen.model.unet;

import io.lssgen.tensor.Tensor;

/**
 * What SDXL is told beside the text's states (arXiv 2307.01952, section 2.2).
 *
 * @param pooled [B, P]: the projected pooled text of the second encoder
 * @param sizes [B, N], fp32, in pixels: for SDXL original height and width, top and left of the
 *     crop, target height and width
 */
public record AddedConditions(Tensor pooled, Tensor sizes) {}
