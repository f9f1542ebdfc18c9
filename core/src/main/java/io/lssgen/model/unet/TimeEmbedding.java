package io.lssgen.model.unet;

import io.lssgen.nn.Init;
import io.lssgen.nn.Linear;
import io.lssgen.nn.Parameters;
import io.lssgen.nn.Sinusoids;
import io.lssgen.nn.VectorEmbedding;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One vector from the time and, in models that take them, the guidance scale (arXiv 2310.04378,
 * section 4.3) and SDXL's added conditions.
 *
 * <p>Legend: B batch, P width of the pooled text, N sizes, G width of a size's sinusoids, T width
 * of the result.
 */
final class TimeEmbedding {
  /** The guidance scale's excess over 1 is counted in thousandths. */
  private static final double GUIDANCE_UNITS = 1000;

  private final UNetConfig config;
  private final int sinusoids;
  private final @Nullable Linear guidanceProjection;
  private final VectorEmbedding time;
  private final @Nullable VectorEmbedding added;

  TimeEmbedding(Parameters root, UNetConfig config) {
    this.config = config;
    sinusoids = config.levels().get(0).channels();
    int width = config.timeWidth();
    Parameters parameters = root.child("time_embedding");
    time = new VectorEmbedding(parameters, sinusoids, width);
    guidanceProjection =
        config.guidanceSinusoids() == 0
            ? null
            : new Linear(
                parameters.child("cond_proj"),
                config.guidanceSinusoids(),
                sinusoids,
                false,
                Init.ZEROS); // a model that learns it begins as it was
    added =
        config.addedWidth() == 0
            ? null
            : new VectorEmbedding(root.child("add_embedding"), config.addedWidth(), width);
  }

  /** timestep [B], guidance [B] or null, to [B, T] in {@code type}. */
  Tensor forward(
      Tensor timestep,
      @Nullable AddedConditions conditions,
      @Nullable Tensor guidance,
      DType type) {
    requireAsConfigured("pooled text and sizes", added, conditions);
    requireAsConfigured("guidance scale", guidanceProjection, guidance);
    try (TensorScope scope = TensorScope.open()) {
      Tensor waves = waves(timestep, sinusoids).to(type);
      if (guidanceProjection != null && guidance != null) {
        waves = waves.add(guidanceProjection.forward(guidanceWaves(guidance).to(type)));
      }
      Tensor vector = time.forward(waves); // [B, T]
      if (added != null && conditions != null) {
        vector = vector.add(added.forward(joined(conditions).to(type)));
      }
      return scope.keep(vector);
    }
  }

  private Tensor waves(Tensor values, int width) {
    return Sinusoids.of(values, width, config.cosinesFirst(), config.frequencyShift());
  }

  private Tensor guidanceWaves(Tensor guidance) {
    Tensor excess = guidance.to(DType.F32).add(-1).mul(GUIDANCE_UNITS);
    return Sinusoids.of(excess, config.guidanceSinusoids(), false, 1);
  }

  /** fp32 [B, P + N·G]. */
  private Tensor joined(AddedConditions conditions) {
    long batch = conditions.sizes().size(0);
    Tensor sizes = waves(conditions.sizes().reshape(-1), config.sizeSinusoids()); // [B·N, G]
    Tensor pooled = conditions.pooled().to(DType.F32);
    Tensor joined = Tensors.cat(List.of(pooled, sizes.reshape(batch, -1)), 1);
    if (joined.size(1) != config.addedWidth()) {
      throw new IllegalArgumentException(
          "this UNet wants %d numbers of pooled text and sizes, found %d + %d·%d"
              .formatted(
                  config.addedWidth(),
                  pooled.size(1),
                  conditions.sizes().size(1),
                  config.sizeSinusoids()));
    }
    return joined;
  }

  private static void requireAsConfigured(
      String what, @Nullable Object layer, @Nullable Object input) {
    if ((layer == null) != (input == null)) {
      throw new IllegalArgumentException(
          layer == null
              ? what + " given to a UNet that takes none"
              : "no " + what + " given to a UNet that wants it");
    }
  }
}
