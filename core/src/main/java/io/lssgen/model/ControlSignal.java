package io.lssgen.model;

import io.lssgen.tensor.Tensor;

/**
 * A picture that a {@link ControlNet} makes a denoiser follow in one stage.
 *
 * @param net opened by that denoiser
 * @param picture [1, 3, H, W] at the stage's size, from 0 to 1
 * @param strength what the network's states are multiplied with; 1 is as it was trained
 * @param first the highest timestep at which it has an effect
 * @param last the lowest
 */
public record ControlSignal(
    ControlNet net, Tensor picture, double strength, double first, double last) {
  /** Whether it has an effect at a timestep. */
  public boolean actsAt(float timestep) {
    return timestep <= first && timestep >= last;
  }
}
