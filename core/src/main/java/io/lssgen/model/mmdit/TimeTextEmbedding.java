package io.lssgen.model.mmdit;

import io.lssgen.nn.Parameters;
import io.lssgen.nn.Sinusoids;
import io.lssgen.nn.VectorEmbedding;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import org.jspecify.annotations.Nullable;

/** One vector from the time, the pooled text and, in guided models, the guidance scale. */
public final class TimeTextEmbedding {
  private static final int SINUSOIDS = 256;

  private final VectorEmbedding time;
  private final @Nullable VectorEmbedding guidance;
  private final VectorEmbedding text;

  /**
   * @param pooledWidth of the pooled text
   * @param guided whether the guidance scale is told as well
   */
  public TimeTextEmbedding(Parameters parameters, int width, int pooledWidth, boolean guided) {
    time = new VectorEmbedding(parameters.child("timestep_embedder"), SINUSOIDS, width);
    guidance =
        guided
            ? new VectorEmbedding(parameters.child("guidance_embedder"), SINUSOIDS, width)
            : null;
    text = new VectorEmbedding(parameters.child("text_embedder"), pooledWidth, width);
  }

  /**
   * To [B, D] in pooled's type.
   *
   * @param timestep [B] in [0, 1000]
   * @param scale [B], the guidance scale in thousandths; null where it is not told
   * @param pooled [B, P]
   */
  public Tensor forward(Tensor timestep, @Nullable Tensor scale, Tensor pooled) {
    if ((guidance == null) != (scale == null)) {
      throw new IllegalArgumentException(
          guidance == null
              ? "this model takes no guidance scale, but one was given"
              : "this model wants a guidance scale, but none was given");
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
    return Sinusoids.of(values.to(DType.F32), SINUSOIDS).to(like.dtype());
  }
}
