package io.lssgen.train;

import io.lssgen.model.Denoiser;
import io.lssgen.model.clip.ClipTextConfig;
import io.lssgen.model.clip.ClipTextModel;
import io.lssgen.model.flux.FluxConfig;
import io.lssgen.model.flux.FluxDenoiser;
import io.lssgen.model.flux.FluxTransformer;
import io.lssgen.model.t5.T5Config;
import io.lssgen.model.t5.T5Encoder;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The parts of a FLUX model that are trained together, over one tree of parameters: {@code
 * transformer}, {@code text_encoder} (CLIP) and {@code text_encoder_2} (T5).
 */
final class FluxParts implements AutoCloseable {
  /** The configurations of the parts. */
  record Config(FluxConfig transformer, ClipTextConfig clip, T5Config t5) {
    Config {
      requireEqual("pooled_projection_dim", transformer.pooledWidth(), "hidden_size", clip.width());
      requireEqual("joint_attention_dim", transformer.textWidth(), "d_model", t5.width());
    }

    private static void requireEqual(String name, int value, String other, int otherValue) {
      if (value != otherValue) {
        throw new IllegalArgumentException(
            "%s of the transformer must be its text encoder's %s = %d, found %d"
                .formatted(name, other, otherValue, value));
      }
    }
  }

  /** What the transformer reads of prompts: [B, P] and [B, L, D]. */
  record Text(Tensor pooled, Tensor states) {}

  private final FluxTransformer transformer;
  private final ClipTextModel clip;
  private final T5Encoder t5;

  FluxParts(Parameters parameters, Config config) {
    transformer = new FluxTransformer(parameters.child("transformer"), config.transformer());
    clip = new ClipTextModel(parameters.child("text_encoder"), config.clip());
    t5 = new T5Encoder(parameters.child("text_encoder_2"), config.t5());
  }

  Text encode(Tensor clipIds, Tensor t5Ids, DType type) {
    return new Text(clip.forward(clipIds, type).pooled(), t5.forward(t5Ids, null, type));
  }

  /** [B, C, h, w]; guidance [B], null if and only if the transformer takes none. */
  Tensor velocity(Tensor latents, Tensor sigmas, Text text, @Nullable Tensor guidance) {
    return transformer.forward(latents, sigmas, text.pooled(), text.states(), guidance);
  }

  /** The transformer as sampling sees it; it dies with this object. */
  Denoiser denoiser(DType type) {
    return new FluxDenoiser(transformer, type);
  }

  /** Frees what the transformer caches; the parameters stay their source's. */
  @Override
  public void close() {
    transformer.close();
  }
}
