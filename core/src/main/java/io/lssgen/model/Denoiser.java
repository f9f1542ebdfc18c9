package io.lssgen.model;

import io.lssgen.tensor.Tensor;
import io.lssgen.weights.ParameterTree;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;

/**
 * A trained network that predicts, from noisy latents, what its scheduler reads: in flow models the
 * velocity (noise − clean). Not thread-safe.
 *
 * <p>Legend: B batch, C channels, h and w latents.
 */
public interface Denoiser {
  /**
   * Whether the guidance scale is an input of the network (guidance distilled, as in FLUX.1-dev).
   */
  boolean takesGuidance();

  /** What it is shown of a picture, in channels of its latents that follow those of the run. */
  default PictureInput shown() {
    return PictureInput.NONE;
  }

  /**
   * The same network, looking at a picture.
   *
   * @param reference its latents, [1, C, h', w'], of any size; they must live as long as it is used
   * @throws UnsupportedOperationException unless {@link #shown()} is {@link PictureInput#REFERENCE}
   */
  default Denoiser lookingAt(Tensor reference) {
    throw new UnsupportedOperationException("this network looks at no picture");
  }

  /** Whether ControlNets can stand beside it. */
  default boolean takesControlNets() {
    return false;
  }

  /**
   * Reads a ControlNet.
   *
   * @param place a folder in the diffusers layout, or a file in diffusers' or the original names
   * @param kept how its weights are kept
   * @return the caller's to close
   * @throws io.lssgen.errors.ModelException if it is missing, damaged or for another network
   * @throws UnsupportedOperationException unless {@link #takesControlNets()}
   */
  default ControlNet openControlNet(Path place, ParameterTree.Kept kept) {
    throw new UnsupportedOperationException("no ControlNet stands beside this network");
  }

  /**
   * The same network, following pictures in one stage. What is computed of them for all steps
   * belongs to the scope that is open around the call.
   *
   * @throws UnsupportedOperationException unless {@link #takesControlNets()}
   */
  default Denoiser following(List<ControlSignal> signals) {
    throw new UnsupportedOperationException("this network follows no picture");
  }

  /**
   * Predicts without recording gradients. What depends on the picture's size is taken from the
   * latents themselves.
   *
   * @param latents [B, C, h, w], any floating type, more channels where it {@linkplain #shown() is
   *     shown something}; h and w multiples of the {@link LatentSpec}'s patch
   * @param timestep in [0, 1000], 1000 being pure noise
   * @param conditioning of B prompts, or of one that serves all
   * @param guidance the guidance scale; present if and only if {@link #takesGuidance()}
   * @return [B, C, h, w] in the network's own type
   * @throws IllegalArgumentException if the shapes do not fit, or guidance is missing or too much
   */
  Tensor predict(
      Tensor latents, float timestep, Conditioning conditioning, OptionalDouble guidance);
}
