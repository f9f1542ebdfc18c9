package io.lssgen.train;

import io.lssgen.model.Conditioning;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Rng;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.Tensors;
import org.jspecify.annotations.Nullable;

/**
 * What a denoiser is told where the data are its teacher. For a share of the pictures the pooled
 * text vector is zero: it says which things a caption names, but not which of them is where, and
 * being there for every token alike it is learnt long before attention is; a model that leans on it
 * mixes the things of a caption. Without it the words themselves must be read. Stable Diffusion 3
 * drops whole text encoders for other reasons (arXiv 2403.03206).
 *
 * @param pooledDropout the share, [0, 1)
 */
record Telling(double pooledDropout) {
  /** Everything, always. */
  static final Telling ALL = new Telling(0);

  Telling {
    if (!(pooledDropout >= 0 && pooledDropout < 1)) {
      throw new IllegalArgumentException(
          "pooled_dropout must be in [0, 1), found " + pooledDropout);
    }
  }

  /** The captions as the model reads them; {@code rng} is asked only if anything is dropped. */
  Conditioning text(DenoiserModel model, Objective.Pictures pictures, Rng rng) {
    Conditioning text = model.encode(pictures.captions());
    Tensor pooled = text.pooled();
    if (pooledDropout == 0 || pooled == null) {
      return text;
    }
    Tensor kept = rng.rand(pictures.size(), 1).gt(pooledDropout); // [B, 1]
    return new Conditioning(text.states(), pooled.mul(kept.to(pooled.dtype())));
  }

  /** Scales of 1; null if the model takes none. */
  static @Nullable Tensor scales(DenoiserModel model, Objective.Pictures pictures) {
    return model.takesGuidance() ? Tensors.ones(DType.F32, pictures.size()) : null;
  }
}
