package io.lssgen.scaling;

import io.lssgen.errors.ModelException;
import io.lssgen.model.LatentCodec;
import io.lssgen.model.vae.LatentScale;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.GradMode;
import io.lssgen.tensor.NormalSource;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import java.util.Optional;

/** The method's own scaling (arXiv 2507.16154): a trained {@link Upsampler}. */
public final class NeuralScaler implements LatentScaler {
  private final Upsampler upsampler;
  private final DType compute;

  /**
   * @param channels channels of the model's latents
   * @param compute the type the network runs in
   * @throws ModelException if the upsampler is made for another number of channels
   */
  public NeuralScaler(Upsampler upsampler, int channels, DType compute) {
    int found = upsampler.config().channels();
    if (found != channels) {
      throw new ModelException(
          "the upsampler is made for latents of %d channels, this model's have %d; give one that"
                  .formatted(found, channels)
              + " was trained with this model's autoencoder, or scale by bicubic or pixel");
    }
    this.upsampler = upsampler;
    this.compute = compute;
  }

  /**
   * A scaler for the latents of {@code codec}. Where the upsampler's file says which space it was
   * trained in and the model's latents are the same autoencoder's, scaled in another way, they are
   * converted around the network.
   *
   * @param compute the type the network runs in
   * @throws ModelException if the upsampler is made for another number of channels or another space
   */
  public static LatentScaler of(Upsampler upsampler, LatentCodec codec, DType compute) {
    NeuralScaler plain = new NeuralScaler(upsampler, codec.channels(), compute);
    Optional<LatentScale> ours = codec.scale();
    Optional<LatentSpace> space = upsampler.config().space();
    if (ours.isEmpty() || space.isEmpty() || ours.get().equals(space.get().scale())) {
      return plain;
    }
    if (!space.get().holds(ours.get())) {
      throw new ModelException(
          "the upsampler was trained for %s latents (%s), this model's have %s; give one that was"
                  .formatted(space.get().label(), space.get().scale(), ours.get())
              + " trained with this model's autoencoder, or scale by bicubic or pixel");
    }
    return new ConvertingScaler(plain, ours.get(), space.get().scale());
  }

  @Override
  public Tensor scale(Tensor latents, NormalSource noise) {
    try (GradMode off = GradMode.disabled();
        TensorScope scope = TensorScope.open()) {
      return scope.keep(upsampler.forward(latents.to(compute)).to(DType.F32));
    }
  }
}
