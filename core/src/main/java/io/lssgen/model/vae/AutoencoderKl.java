package io.lssgen.model.vae;

import io.lssgen.nn.Conv2d;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import org.jspecify.annotations.Nullable;

/**
 * diffusers' {@code AutoencoderKL} (arXiv 2112.10752, section 3.1): images to latents of a Gaussian
 * posterior and back.
 *
 * <p>Legend: B batch, C latent channels, H and W pixels, h and w latents, f = {@link
 * AutoencoderKlConfig#factor()}.
 */
public final class AutoencoderKl {
  private final AutoencoderKlConfig config;
  private final Encoder encoder;
  private final Decoder decoder;
  private final @Nullable Conv2d quant;
  private final @Nullable Conv2d postQuant;

  public AutoencoderKl(Parameters parameters, AutoencoderKlConfig config) {
    this.config = config;
    int channels = config.latentChannels();
    encoder = new Encoder(parameters.child("encoder"), config);
    decoder = new Decoder(parameters.child("decoder"), config);
    quant =
        config.quantConvolution()
            ? new Conv2d(parameters.child("quant_conv"), 2L * channels, 2L * channels, 1)
            : null;
    postQuant =
        config.postQuantConvolution()
            ? new Conv2d(parameters.child("post_quant_conv"), channels, channels, 1)
            : null;
  }

  public AutoencoderKlConfig config() {
    return config;
  }

  /**
   * The posterior of a latent.
   *
   * @param mean [B, C, h, w]
   * @param logVariance [B, C, h, w], clamped to [−30, 20]
   */
  public record Posterior(Tensor mean, Tensor logVariance) {
    /** mean + deviation · noise, noise [B, C, h, w] standard normal. */
    public Tensor sample(Tensor noise) {
      try (TensorScope scope = TensorScope.open()) {
        return scope.keep(mean.add(logVariance.mul(0.5).exp().mul(noise.to(mean.dtype()))));
      }
    }
  }

  /**
   * @param image [B, 3, H, W], values in [−1, 1]; H and W multiples of f
   */
  public Posterior encode(Tensor image) {
    try (TensorScope scope = TensorScope.open()) {
      return posterior(scope, moments(image));
    }
  }

  /**
   * As {@link #encode}, in overlapping tiles of the size that the model was trained on if the image
   * is larger: in bounded memory, with a result that differs somewhat.
   */
  public Posterior encodeTiled(Tensor image) {
    int side = config.tileSide();
    if (fits(image, side)) {
      return encode(image);
    }
    try (TensorScope scope = TensorScope.open()) {
      Tiles tiles = new Tiles(side, side / config.factor());
      return posterior(scope, tiles.pass(image, this::moments));
    }
  }

  private static boolean fits(Tensor x, int side) {
    return x.size(2) <= side && x.size(3) <= side;
  }

  private Tensor moments(Tensor image) {
    Tensor moments = encoder.forward(image);
    return quant == null ? moments : quant.forward(moments);
  }

  private Posterior posterior(TensorScope scope, Tensor moments) {
    Tensor mean = moments.narrow(1, 0, config.latentChannels());
    Tensor logVariance = moments.narrow(1, config.latentChannels(), config.latentChannels());
    return new Posterior(scope.keep(mean), scope.keep(logVariance.clamp(-30, 20)));
  }

  /**
   * @param latent [B, C, h, w], in the autoencoder's own space (neither scaled nor shifted)
   * @return [B, 3, h·f, w·f], values about [−1, 1], not clamped
   */
  public Tensor decode(Tensor latent) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor hidden = postQuant == null ? latent : postQuant.forward(latent);
      return scope.keep(decoder.forward(hidden));
    }
  }

  /**
   * As {@link #decode}, in overlapping tiles of the size that the model was trained on if the
   * latent is larger: in bounded memory, with a result that differs somewhat.
   */
  public Tensor decodeTiled(Tensor latent) {
    int side = config.tileSide() / config.factor();
    return fits(latent, side)
        ? decode(latent)
        : new Tiles(side, config.tileSide()).pass(latent, this::decode);
  }
}
