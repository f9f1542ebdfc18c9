/**
 * Doubling a latent's sides between two stages of a run: by the trained upsampler, by
 * interpolation, through pixels, or by their cosine transform. Entry types: {@link
 * io.lssgen.scaling.LatentScaler} and the explicit list of its kinds, {@link
 * io.lssgen.scaling.ScalingSpace}.
 */
@org.jspecify.annotations.NullMarked
package io.lssgen.scaling;
