package io.lssgen.train;

import static java.util.Objects.requireNonNull;

import io.lssgen.model.Conditioning;
import io.lssgen.model.Denoiser;
import io.lssgen.model.clip.ClipPrompts;
import io.lssgen.model.clip.ClipReader;
import io.lssgen.model.clip.ClipTextConfig;
import io.lssgen.model.clip.ClipTextModel;
import io.lssgen.model.unet.AddedConditions;
import io.lssgen.model.unet.UNet;
import io.lssgen.model.unet.UNetConfig;
import io.lssgen.model.unet.UNetDenoiser;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Tensor;
import io.lssgen.text.ClipTokenizer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The parts of a model of SDXL's architecture: {@code unet}, {@code text_encoder} and {@code
 * text_encoder_2}, both CLIP, the second with a projection. The sizes that the UNet is told are the
 * latents' own.
 */
final class XlParts implements DenoiserModel {
  /** Heights and widths of the original, the crop's corner and the target. */
  private static final int SIZES = 6;

  /** The configurations of the parts. */
  record Config(UNetConfig unet, ClipTextConfig first, ClipTextConfig second) {
    Config {
      requireEqual(
          "cross_attention_dim of unet must be the text encoders' hidden_size together",
          first.width() + second.width(),
          unet.textWidth());
      requireEqual(
          "projection_class_embeddings_input_dim of unet must be text_encoder_2's projection_dim"
              + " + 6 · addition_time_embed_dim",
          second.projectionWidth() + SIZES * unet.sizeSinusoids(),
          unet.addedWidth());
      requireEqual(
          "max_position_embeddings of text_encoder_2 must be those of text_encoder",
          first.maxLength(),
          second.maxLength());
    }

    private static void requireEqual(String what, int wanted, int found) {
      if (found != wanted) {
        throw new IllegalArgumentException("%s = %d, found %d".formatted(what, wanted, found));
      }
    }

    Config withoutGuidance() {
      return new Config(unet.withoutGuidance(), first, second);
    }
  }

  /**
   * What is not trained.
   *
   * @param factor pixels per latent along a side
   * @param type the type to compute in
   */
  record Surroundings(ClipTokenizer first, ClipTokenizer second, int factor, DType type) {}

  private final UNet unet;
  private final ClipPrompts prompts;
  private final int factor;
  private final DType type;

  /**
   * @param parameters the UNet's are below {@code unet}
   * @param texts the text encoders' are below {@code text_encoder} and {@code text_encoder_2}
   */
  XlParts(Parameters parameters, Parameters texts, Config config, Surroundings surroundings) {
    factor = surroundings.factor();
    type = surroundings.type();
    unet = new UNet(parameters.child("unet"), config.unet());
    ClipTextModel first = new ClipTextModel(texts.child("text_encoder"), config.first());
    ClipTextModel second = new ClipTextModel(texts.child("text_encoder_2"), config.second());
    prompts =
        new ClipPrompts(
            List.of(
                new ClipReader(surroundings.first(), first, type),
                new ClipReader(surroundings.second(), second, type)),
            ClipPrompts.States.PLAIN,
            false);
  }

  @Override
  public Conditioning encode(List<String> captions) {
    return prompts.read(captions);
  }

  @Override
  public boolean takesGuidance() {
    return unet.config().guidanceSinusoids() > 0;
  }

  /** What the scheduler's configuration says; times are timesteps. */
  @Override
  public Tensor predict(
      Tensor latents, Tensor times, Conditioning text, @Nullable Tensor guidance) {
    Tensor pooled = requireNonNull(text.pooled(), "SDXL wants a pooled text vector");
    float height = latents.size(2) * (float) factor;
    float width = latents.size(3) * (float) factor;
    AddedConditions added = AddedConditions.uncropped(pooled, height, width);
    return unet.forward(latents.to(type), times, text.states(), added, guidance).to(DType.F32);
  }

  @Override
  public Denoiser denoiser() {
    return new UNetDenoiser(unet, factor, type);
  }

  @Override
  public void close() {}
}
