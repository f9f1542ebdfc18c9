/**
 * The network of diffusion models, as diffusers' {@code UNet2DConditionModel} configures it for
 * Stable Diffusion 1.5, SDXL and their kin. Entry type: {@link io.lssgen.model.unet.UNet}.
 */
@org.jspecify.annotations.NullMarked
package io.lssgen.model.unet;
