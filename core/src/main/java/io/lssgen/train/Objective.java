package io.lssgen.train;

import io.lssgen.scenes.Mention;
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
   * @param things number of the thing at each token of each picture, [B · T]; empty if it is not
   *     asked for
   * @param parts number of the part of it that is there, [B · T]; empty if it is not asked for
   * @param mentions the things that each caption names; empty if they are not asked for
   */
  record Pictures(
      Tensor clean,
      List<String> captions,
      long[] things,
      long[] parts,
      List<List<Mention>> mentions) {
    public Pictures {
      captions = List.copyOf(captions);
      things = things.clone();
      parts = parts.clone();
      mentions = List.copyOf(mentions);
    }

    Pictures(Tensor clean, List<String> captions) {
      this(clean, captions, new long[0], new long[0], List.of());
    }

    int size() {
      return captions.size();
    }
  }

  /** The loss, whose scalar belongs to the scope open around the call. */
  Trainee.Loss loss(DenoiserModel model, Pictures pictures, Rng rng);

  /** Whether it asks for {@link Pictures#things} and what else tells what is where. */
  default boolean wantsThings() {
    return false;
  }

  /** Frees the teacher, if there is one. */
  @Override
  void close();
}
