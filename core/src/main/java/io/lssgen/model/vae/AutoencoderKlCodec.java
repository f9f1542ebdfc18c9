package io.lssgen.model.vae;

import io.lssgen.model.LatentCodec;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.NormalSource;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;

/**
 * An {@link AutoencoderKl} seen from the denoiser: latents are (own − shift) · scaling. Pictures
 * pass one by one.
 */
public final class AutoencoderKlCodec implements LatentCodec {
  private final AutoencoderKl autoencoder;
  private final AutoencoderKlConfig config;
  private final DType type;

  /**
   * @param type the type to compute in
   */
  public AutoencoderKlCodec(AutoencoderKl autoencoder, DType type) {
    this.autoencoder = autoencoder;
    this.config = autoencoder.config();
    this.type = type;
  }

  @Override
  public int channels() {
    return config.latentChannels();
  }

  @Override
  public int factor() {
    return config.factor();
  }

  @Override
  public Tensor decode(Tensor latents) {
    return OneByOne.each(
        latents,
        (latent, i) -> {
          Tensor own = config.latentScale().toAutoencoder(latent.to(DType.F32));
          return autoencoder.decode(own.to(type)).to(DType.F32);
        });
  }

  @Override
  public Tensor encode(Tensor images) {
    return OneByOne.each(images, (image, i) -> scaled(autoencoder.encode(image.to(type)).mean()));
  }

  @Override
  public Tensor sample(Tensor images, NormalSource noise) {
    long f = factor();
    try (TensorScope scope = TensorScope.open()) {
      Tensor drawn = noise.draw(images.size(0), channels(), images.size(2) / f, images.size(3) / f);
      return scope.keep(
          OneByOne.each(
              images,
              (image, i) -> {
                AutoencoderKl.Posterior posterior = autoencoder.encode(image.to(type));
                return scaled(posterior.sample(drawn.narrow(0, i, 1)));
              }));
    }
  }

  private Tensor scaled(Tensor own) {
    return config.latentScale().toDenoiser(own.to(DType.F32));
  }
}
