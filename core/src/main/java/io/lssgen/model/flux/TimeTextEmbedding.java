package io.lssgen.model.flux;

import io.lssgen.nn.Parameters;
import io.lssgen.nn.Sinusoids;
import io.lssgen.nn.VectorEmbedding;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import org.jspecify.annotations.Nullable;

/** One vector from the time, the pooled text and, in guided models, the guidance scale. */
final class TimeTextEmbedding {
  private static final int SINUSOIDS = 256;

  /** The model counts time and guidance in thousandths. */
  private static final double UNITS = 1000;

  private final VectorEmbedding time;
  private final @Nullable VectorEmbedding guidance;
  private final VectorEmbedding text;

  TimeTextEmbedding(Parameters parameters, FluxConfig config) {
    int width = config.width();
    time = new VectorEmbedding(parameters.child("timestep_embedder"), SINUSOIDS, width);
    guidance =
        config.guidance()
            ? new VectorEmbedding(parameters.child("guidance_embedder"), SINUSOIDS, width)
            : null;
    text = new VectorEmbedding(parameters.child("text_embedder"), config.pooledWidth(), width);
  }

  /** timestep [B] in [0, 1], guidance [B] or null, pooled [B, P] to [B, D] in pooled's type. */
  Tensor forward(Tensor timestep, @Nullable Tensor scale, Tensor pooled) {
    if ((guidance == null) != (scale == null)) {
      throw new IllegalArgumentException(
          guidance == null
              ? "this FLUX model takes no guidance scale, but one was given"
              : "this FLUX model wants a guidance scale, but none was given");
    }
    try (TensorScope scope = TensorScope.open()) {
      Tensor sum = time.forward(sinusoids(timestep, pooled)).add(text.forward(pooled));
      return scope.keep(
          guidance == null || scale == null
              ? sum
              : sum.add(guidance.forward(sinusoids(scale, pooled))));
    }
  }

  private static Tensor sinusoids(Tensor values, Tensor like) {
    return Sinusoids.of(values.to(DType.F32).mul(UNITS), SINUSOIDS).to(like.dtype());
  }
}
