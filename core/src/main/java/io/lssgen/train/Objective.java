package io.lssgen.train;

import io.lssgen.tensor.Rng;
import io.lssgen.tensor.Tensor;
import java.util.List;

/** What a denoiser in training is held against. */
interface Objective extends AutoCloseable {
  /**
   * One micro-batch.
   *
   * @param clean latents in the denoiser's space, fp32 [B, C, h, w]
   * @param captions of B pictures; empty ones teach what classifier-free guidance leads away from
   */
  record Pictures(Tensor clean, List<String> captions) {
    public Pictures {
      captions = List.copyOf(captions);
    }

    int size() {
      return captions.size();
    }
  }

  /** The loss, a scalar that belongs to the scope open around the call. */
  Tensor loss(DenoiserModel model, Pictures pictures, Rng rng);

  /** Frees the teacher, if there is one. */
  @Override
  void close();
}
