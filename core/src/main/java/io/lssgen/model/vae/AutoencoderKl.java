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
      Tensor moments = encoder.forward(image);
      if (quant != null) {
        moments = quant.forward(moments);
      }
      Tensor mean = moments.narrow(1, 0, config.latentChannels());
      Tensor logVariance = moments.narrow(1, config.latentChannels(), config.latentChannels());
      return new Posterior(scope.keep(mean), scope.keep(logVariance.clamp(-30, 20)));
    }
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
}
