package io.lssgen.scaling;

import io.lssgen.errors.Choice;
import io.lssgen.errors.UsageException;
import io.lssgen.model.LatentCodec;
import io.lssgen.tensor.DType;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.Supplier;

/** Where latents are doubled between stages: the explicit list of {@link LatentScaler} kinds. */
public enum ScalingSpace {
  /** By a trained {@link Upsampler}: the method's own. */
  NEURAL(parts -> NeuralScaler.of(parts.upsampler().get(), parts.codec(), parts.compute())),

  /** By interpolating the latents. */
  BICUBIC(parts -> new BicubicScaler()),

  /** By decoding, interpolating the picture and encoding. */
  PIXEL(parts -> new PixelScaler(parts.codec())),

  /** By the latents' cosine transform, without weights. */
  DCT(parts -> new DctScaler()),

  /** Not at all: the run has one stage. */
  NONE(
      parts ->
          (latents, noise) -> {
            throw new IllegalStateException("a run with scaling 'none' has one stage");
          });

  /**
   * What scalers are made of; only what the chosen one needs is touched.
   *
   * @param upsampler loads the upsampler, or fails saying that there is none
   * @param compute the type the upsampler runs in
   * @param codec the model's own
   */
  public record Parts(Supplier<Upsampler> upsampler, DType compute, LatentCodec codec) {}

  private final Function<Parts, LatentScaler> maker;

  ScalingSpace(Function<Parts, LatentScaler> maker) {
    this.maker = maker;
  }

  /** The name users give: {@code neural}, {@code bicubic}, … */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Whether a run has intermediate stages in this space. */
  public boolean scales() {
    return this != NONE;
  }

  /** The scaler for a model. */
  public LatentScaler scaler(Parts parts) {
    return maker.apply(parts);
  }

  /**
   * The space of this {@link #label()}.
   *
   * @throws UsageException if there is none
   */
  public static ScalingSpace parse(String label) {
    return Choice.of("scaling", label, values(), ScalingSpace::label);
  }
}
