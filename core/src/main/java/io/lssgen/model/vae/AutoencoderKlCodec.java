package io.lssgen.model.vae;

import io.lssgen.model.LatentCodec;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.NormalSource;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import java.util.Optional;

/**
 * An {@link AutoencoderKl} seen from the denoiser, whose latents {@link LatentScale} makes.
 * Pictures pass one by one, and in tiles if that is wanted and they are larger than those the model
 * was trained on.
 */
public final class AutoencoderKlCodec implements LatentCodec {
  private final AutoencoderKl autoencoder;
  private final AutoencoderKlConfig config;
  private final DType type;
  private final boolean tiling;

  /** A codec that passes pictures whole. */
  public AutoencoderKlCodec(AutoencoderKl autoencoder, DType type) {
    this(autoencoder, type, false);
  }

  /**
   * @param type the type to compute in; fp16 becomes fp32 where the model is known to overflow
   * @param tiling whether large pictures pass in overlapping tiles, which bounds the memory and
   *     changes the result somewhat
   */
  public AutoencoderKlCodec(AutoencoderKl autoencoder, DType type, boolean tiling) {
    this.autoencoder = autoencoder;
    this.config = autoencoder.config();
    this.type = type == DType.F16 && config.forceUpcast() ? DType.F32 : type;
    this.tiling = tiling;
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
    return Optional.of(config.latentScale());
  }

  @Override
  public Tensor decode(Tensor latents) {
    return OneByOne.each(
        latents,
        (latent, i) -> {
          Tensor own = config.latentScale().toAutoencoder(latent.to(DType.F32));
          return decoded(own.to(type)).to(DType.F32);
        });
  }

  @Override
  public Tensor encode(Tensor images) {
    return OneByOne.each(images, (image, i) -> scaled(encoded(image).mean()));
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
                AutoencoderKl.Posterior posterior = encoded(image);
                return scaled(posterior.sample(drawn.narrow(0, i, 1)));
              }));
    }
  }

  private Tensor decoded(Tensor own) {
    return tiling ? autoencoder.decodeTiled(own) : autoencoder.decode(own);
  }

  private AutoencoderKl.Posterior encoded(Tensor image) {
    Tensor typed = image.to(type);
    return tiling ? autoencoder.encodeTiled(typed) : autoencoder.encode(typed);
  }

  private Tensor scaled(Tensor own) {
    return config.latentScale().toDenoiser(own.to(DType.F32));
  }
}
