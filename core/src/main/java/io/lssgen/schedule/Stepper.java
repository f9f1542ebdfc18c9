package io.lssgen.schedule;

import io.lssgen.tensor.Tensor;

/**
 * The state of one run along a {@link Schedule}: it knows which level comes next and, in multi-step
 * algorithms, earlier predictions. Use one per stage, from one thread:
 *
 * <pre>{@code
 * while (stepper.hasNext()) {
 *   Tensor prediction = denoiser(stepper.input(latents), stepper.timestep());
 *   latents = stepper.step(latents, prediction);
 * }
 * }</pre>
 *
 * <p>Tensors that a stepper keeps from one step to the next are its own: it releases them from the
 * caller's scope, and closes them at the latest in {@link #close()}.
 */
public interface Stepper extends AutoCloseable {
  /** Whether a level is left. */
  boolean hasNext();

  /**
   * The timestep of the coming evaluation, in [0, training timesteps], 1000 being pure noise; EDM
   * schedulers have log(σ)/4 instead.
   */
  float timestep();

  /** What the denoiser is shown of {@code latents} [B, C, h, w] at this level. */
  default Tensor input(Tensor latents) {
    return latents;
  }

  /**
   * The latents at the next level; the stepper then stands there.
   *
   * @param latents [B, C, h, w], fp32
   * @param prediction what the denoiser said, same shape, any floating type
   * @return same shape, fp32
   * @throws IllegalStateException if no level is left
   */
  Tensor step(Tensor latents, Tensor prediction);

  /**
   * The clean latents that {@code prediction} points to from the current level, for previews. Asked
   * before {@link #step}, with the same arguments; changes nothing.
   */
  Tensor clean(Tensor latents, Tensor prediction);

  /**
   * Clean latents at the level of the coming evaluation.
   *
   * @param clean [B, C, h, w], fp32
   * @param noise of the same shape, standard normal
   * @return same shape, fp32
   * @throws IllegalStateException if no level is left
   */
  Tensor noisy(Tensor clean, Tensor noise);

  /** Frees what is kept between steps. */
  @Override
  default void close() {}
}
