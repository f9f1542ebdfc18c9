package io.lssgen.pipeline;

import io.lssgen.errors.Choice;
import io.lssgen.errors.UsageException;
import io.lssgen.image.PullPush;
import io.lssgen.tensor.NormalSource;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import java.util.Locale;

/**
 * What a run begins with where a mask leaves a picture free, before it adds the noise of its
 * strength: AUTOMATIC1111's "masked content".
 */
public enum MaskedContent {
  /** The picture as it is. */
  ORIGINAL("original"),

  /** The colours around it, without detail: see {@link PullPush}. */
  FILL("fill"),

  /** Noise. */
  NOISE("latent noise"),

  /** Latents that are zero. */
  NOTHING("latent nothing");

  private static final String KIND = "masked content";

  private final String setting;

  MaskedContent(String setting) {
    this.setting = setting;
  }

  /** The name users give: {@code original}, {@code fill}, … */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The name in a picture's settings, as AUTOMATIC1111 writes it. */
  String setting() {
    return setting;
  }

  /**
   * The content of this {@link #label()}.
   *
   * @throws UsageException if there is none
   */
  public static MaskedContent parse(String label) {
    return Choice.of(KIND, label, values(), MaskedContent::label);
  }

  /** The content of this {@link #setting()}. */
  static MaskedContent ofSetting(String setting) {
    return Choice.of(KIND, setting, values(), MaskedContent::setting);
  }

  /**
   * The latents to begin with.
   *
   * @param clean the picture's, [1, C, h, w] fp32
   * @param free [1, 1, h, w] fp32, 1 where latents are made anew and 0 where they stay
   * @param noise asked once by {@link #NOISE}
   */
  Tensor begin(Tensor clean, Tensor free, NormalSource noise) {
    try (TensorScope scope = TensorScope.open()) {
      return switch (this) {
        case ORIGINAL, FILL -> clean;
        case NOISE -> scope.keep(kept(clean, free).add(noise.draw(clean.shape()).mul(free)));
        case NOTHING -> scope.keep(kept(clean, free));
      };
    }
  }

  private static Tensor kept(Tensor clean, Tensor free) {
    return clean.mul(free.neg().add(1));
  }
}
