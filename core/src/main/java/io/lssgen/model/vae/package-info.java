/**
 * Autoencoders between images and latents, as diffusers configures them. Entry type: {@link
 * io.lssgen.model.vae.AutoencoderKl}.
 */
@org.jspecify.annotations.NullMarked
package io.lssgen.model.vae;
