/**
 * The families of Stable Diffusion: a UNet that reads CLIP's text states. Entry types: {@link
 * io.lssgen.model.sd.StableDiffusionFamily} and {@link io.lssgen.model.sd.StableDiffusionXlFamily}.
 */
@org.jspecify.annotations.NullMarked
package io.lssgen.model.sd;
