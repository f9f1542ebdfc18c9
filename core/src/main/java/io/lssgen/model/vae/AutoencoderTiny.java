package io.lssgen.model.vae;

import io.lssgen.nn.Parameters;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import java.util.ArrayList;
import java.util.List;

/**
 * diffusers' {@code AutoencoderTiny}: a small stand-in for an autoencoder, distilled from it, that
 * maps between images and latents at a fraction of the time (TAESD,
 * https://github.com/madebyollin/taesd). It has no posterior: an image has one latent.
 *
 * <p>Legend: B batch, C latent channels, H and W pixels, h and w latents, f = {@link
 * AutoencoderTinyConfig#factor()}.
 */
public final class AutoencoderTiny {
  /** In the original decoder's list of layers a clamp without parameters comes first. */
  private static final int ORIGINAL_DECODER_START = 1;

  private final AutoencoderTinyConfig config;
  private final TinyEncoder encoder;
  private final TinyDecoder decoder;

  /** With the names that diffusers gives: {@code encoder.layers.0.weight}, … */
  public AutoencoderTiny(Parameters parameters, AutoencoderTinyConfig config) {
    this(
        config,
        new TinyEncoder(parameters.child("encoder").child("layers"), config),
        new TinyDecoder(parameters.child("decoder").child("layers"), config, 0));
  }

  private AutoencoderTiny(AutoencoderTinyConfig config, TinyEncoder encoder, TinyDecoder decoder) {
    this.config = config;
    this.encoder = encoder;
    this.decoder = decoder;
  }

  /**
   * With the names of the tiny autoencoders' own two files: {@code encoder.0.weight}, …
   *
   * @param halves the root of both, see {@link io.lssgen.weights.Checkpoint#hasHalves}
   */
  public static AutoencoderTiny original(Parameters halves, AutoencoderTinyConfig config) {
    return new AutoencoderTiny(
        config,
        new TinyEncoder(halves.child("encoder"), config),
        new TinyDecoder(halves.child("decoder"), config, ORIGINAL_DECODER_START));
  }

  public AutoencoderTinyConfig config() {
    return config;
  }

  /**
   * @param image [B, 3, H, W], values in [−1, 1]; H and W multiples of f
   * @return [B, C, H/f, W/f], neither scaled nor shifted
   */
  public Tensor encode(Tensor image) {
    try (TensorScope scope = TensorScope.open()) {
      return scope.keep(encoder.forward(image.add(1).div(2)));
    }
  }

  /**
   * @param latent [B, C, h, w], neither scaled nor shifted
   * @return [B, 3, h·f, w·f], values about [−1, 1], not clamped
   */
  public Tensor decode(Tensor latent) {
    try (TensorScope scope = TensorScope.open()) {
      return scope.keep(decodeInside(latent).picture());
    }
  }

  /** As {@link #decode}, with what the decoder's levels hold on the way. */
  public PictureAutoencoder.Inside decodeInside(Tensor latent) {
    try (TensorScope scope = TensorScope.open()) {
      List<Tensor> activations = new ArrayList<>();
      Tensor picture = decoder.forward(bounded(latent), activations).mul(2).add(-1);
      return new PictureAutoencoder.Inside(scope.keep(picture), scope.keepAll(activations));
    }
  }

  /**
   * What the decoder's first level holds, at the latents' size, at a fraction of what decoding
   * costs.
   *
   * @param latent [B, C, h, w], neither scaled nor shifted
   * @return [B, width, h, w]
   */
  public Tensor firstLevel(Tensor latent) {
    try (TensorScope scope = TensorScope.open()) {
      return scope.keep(decoder.firstLevel(bounded(latent)));
    }
  }

  private static Tensor bounded(Tensor latent) {
    return latent.div(3).tanh().mul(3);
  }
}
