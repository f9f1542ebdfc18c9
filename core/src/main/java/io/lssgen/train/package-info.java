/**
 * Training: one loop, AdamW, schedules, checkpoints that resume exactly, logs, and the trainers of
 * the autoencoder, the denoiser with its text encoders, and the latent upsampler. Entry type:
 * {@link io.lssgen.train.TrainingLoop}.
 */
@org.jspecify.annotations.NullMarked
package io.lssgen.train;
