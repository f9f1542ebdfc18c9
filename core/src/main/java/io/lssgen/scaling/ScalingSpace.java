package io.lssgen.scaling;

import io.lssgen.errors.UsageException;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.NormalSource;
import io.lssgen.tensor.Tensor;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/** Where latents are doubled between stages: the explicit list of {@link LatentScaler} kinds. */
public enum ScalingSpace {
  /** By a trained {@link LatentUpsampler}: the method's own. */
  NEURAL(parts -> new NeuralScaler(parts.upsampler().get(), parts.channels(), parts.compute())),

  /** By interpolating the latents. */
  BICUBIC(parts -> new BicubicScaler()),

  /** By decoding, interpolating the picture and encoding. */
  PIXEL(parts -> new PixelScaler(parts.decode(), parts.encode())),

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
   * @param channels channels of the model's latents
   * @param compute the type the upsampler runs in
   * @param decode latents [B, C, h, w] in the denoiser's space to a picture [B, 3, H, W]
   * @param encode the way back, with a source for the sample that it draws
   */
  public record Parts(
      Supplier<LatentUpsampler> upsampler,
      int channels,
      DType compute,
      UnaryOperator<Tensor> decode,
      BiFunction<Tensor, NormalSource, Tensor> encode) {}

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
    for (ScalingSpace space : values()) {
      if (space.label().equals(label)) {
        return space;
      }
    }
    throw new UsageException(
        "unknown scaling '"
            + label
            + "', wanted one of "
            + Arrays.stream(values()).map(ScalingSpace::label).collect(Collectors.joining(", ")));
  }
}
