package io.lssgen.model.vae;

import io.lssgen.model.LatentCodec;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.NormalSource;
import io.lssgen.tensor.Tensor;
import java.util.Optional;

/** An {@link AutoencoderTiny} seen from the denoiser: latents are (own − shift) · scaling. */
public final class AutoencoderTinyCodec implements LatentCodec {
  private static final LatentScale NONE = new LatentScale(1, 0);

  private final AutoencoderTiny autoencoder;
  private final AutoencoderTinyConfig config;
  private final DType type;

  /**
   * @param type the type to compute in
   */
  public AutoencoderTinyCodec(AutoencoderTiny autoencoder, DType type) {
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
  public Optional<LatentScale> scale() {
    return Optional.of(config.latentScale()).filter(scale -> !scale.equals(NONE));
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
    return OneByOne.each(
        images,
        (image, i) -> {
          Tensor own = autoencoder.encode(image.to(type)).to(DType.F32);
          return config.latentScale().toDenoiser(own);
        });
  }

  /** As {@link #encode}: there is no posterior to draw from. */
  @Override
  public Tensor sample(Tensor images, NormalSource noise) {
    return encode(images);
  }
}
