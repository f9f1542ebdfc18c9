package io.lssgen.train;

import io.lssgen.errors.ModelException;
import io.lssgen.image.ResampleKernel;
import io.lssgen.image.RgbImage;
import io.lssgen.model.ImageTensors;
import io.lssgen.model.vae.PictureAutoencoder;
import io.lssgen.nn.ParameterSource;
import io.lssgen.nn.Parameters;
import io.lssgen.scaling.Upsampler;
import io.lssgen.scaling.UpsamplerConfig;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Functional;
import io.lssgen.tensor.Rng;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import java.nio.file.Path;
import java.util.List;

/**
 * Trains an {@link Upsampler} (arXiv 2507.16154, section 3.2): the latent of a picture at half size
 * in, the latent of the picture out; see {@link UpsamplerLoss}. The input is roughened a little,
 * since at generation time it is a denoised latent, not an encoded one.
 */
public final class UpsamplerTrainee implements Trainee {
  /**
   * How to train.
   *
   * @param side pixels of the large picture's side, a multiple of twice the autoencoder's factor,
   *     at least 16
   * @param batch pictures of a micro-batch
   * @param decoded how many of them the loss looks at decoded, 1 to batch: decoding costs much more
   *     than the network
   * @param latentsFirst micro-batches at the beginning that nothing is decoded for: a network that
   *     begins at random learns latents first, many times faster
   * @param loss what is minimised
   * @param roughness largest deviation of the noise added to the input, in units of the latents'
   * @param mixing of pairs that are not decoded
   * @param computeType what is computed in
   */
  record Settings(
      int side,
      int batch,
      int decoded,
      int latentsFirst,
      UpsamplerLoss loss,
      double roughness,
      ChannelMixing mixing,
      DType computeType,
      long seed) {
    Settings {
      if (decoded < 1 || decoded > batch) {
        throw new IllegalArgumentException(
            "decoded must be from 1 to batch = %d, found %d".formatted(batch, decoded));
      }
      if (decoded + mixing.of(batch) > batch) {
        throw new IllegalArgumentException(
            "decoded and mixed together must be at most batch = %d, found %d and %d (of share %s)"
                .formatted(batch, decoded, mixing.of(batch), mixing.share()));
      }
      if (latentsFirst < 0) {
        throw new IllegalArgumentException(
            "latents_first must be at least 0, found " + latentsFirst);
      }
      if (!(roughness >= 0)) {
        throw new IllegalArgumentException("roughness must be at least 0, found " + roughness);
      }
    }

    UpsamplerLoss.Looked looked() {
      return new UpsamplerLoss.Looked(batch - mixing.of(batch), decoded);
    }
  }

  private final UpsamplerConfig config;
  private final Settings settings;
  private final UpsamplerLoss firstLoss;
  private final PictureBatches images;
  private final UpsamplerPairs pairs;
  private final PictureAutoencoder autoencoder;
  private final TrainableParameters parameters;

  /**
   * @param images for samples; closed with this
   * @param pairs to learn from; closed with this
   * @throws ModelException if network and autoencoder have different channels
   */
  UpsamplerTrainee(
      UpsamplerConfig config,
      Settings settings,
      PictureBatches images,
      UpsamplerPairs pairs,
      PictureAutoencoder autoencoder) {
    requireChannels(config, autoencoder);
    this.config = config;
    this.settings = settings;
    firstLoss = settings.latentsFirst() > 0 ? settings.loss().ofLatents() : settings.loss();
    this.images = images;
    this.pairs = pairs;
    this.autoencoder = autoencoder;
    try (Rng rng = new Rng(settings.seed())) {
      parameters = TrainableParameters.fresh(config::network, rng);
    }
  }

  /**
   * @throws ModelException if network and autoencoder have different channels
   */
  static void requireChannels(UpsamplerConfig config, PictureAutoencoder autoencoder) {
    if (config.channels() != autoencoder.channels()) {
      throw new ModelException(
          "the upsampler is made for latents of %d channels, the autoencoder's have %d; change"
                  .formatted(config.channels(), autoencoder.channels())
              + " in_channels, or name another autoencoder");
    }
  }

  /** The network that is trained. */
  UpsamplerConfig config() {
    return config;
  }

  @Override
  public TrainableParameters parameters() {
    return parameters;
  }

  @Override
  public int images(long index) {
    return settings.batch();
  }

  @Override
  public Loss loss(ParameterSource weights, long index) {
    try (TensorScope scope = TensorScope.open();
        Rng rng = new Rng(Seeds.mix(settings.seed(), index))) {
      UpsamplerPairs.Pair pair = settings.mixing().apply(pairs.get(index), rng);
      Upsampler model = config.network(Parameters.of(weights));
      Tensor scaled = model.forward(roughened(pair.low(), rng));
      UpsamplerLoss wanted = index < settings.latentsFirst() ? firstLoss : settings.loss();
      Loss loss = wanted.of(scaled, pair, settings.looked(), autoencoder);
      scope.keep(loss.total());
      return loss;
    }
  }

  private Tensor roughened(Tensor latent, Rng rng) {
    double deviation = settings.roughness() * rng.rand(1).item();
    return latent.add(rng.randn(latent.shape()).mul(deviation).to(latent.dtype()));
  }

  @Override
  public void writeSamples(FlatParameters weights, Path file) {
    Upsampler averaged = config.network(Parameters.of(weights));
    List<RgbImage> grid = images.shown();
    Tensor image = ImageTensors.toTensor(grid);
    int height = Math.toIntExact(image.size(2));
    int width = Math.toIntExact(image.size(3));
    Tensor halved = ImageTensors.resized(image, height / 2, width / 2, ResampleKernel.AREA);
    Tensor low = autoencoder.encode(halved.to(settings.computeType()));
    grid.addAll(
        ImageTensors.toImages(Functional.upsampleNearest(autoencoder.decode(low), height, width)));
    grid.addAll(ImageTensors.toImages(autoencoder.decode(averaged.forward(low))));
    ContactSheet.write(grid, PictureBatches.SHOWN, file);
  }

  @Override
  public void export(FlatParameters weights, Path folder) {
    DiffusersFolder.writeComponent(
        folder.resolve("upsampler"),
        DiffusersFolder.object(config.fields()),
        DiffusersFolder.DIFFUSION_WEIGHTS,
        weights.all());
  }

  @Override
  public void close() {
    pairs.close();
    images.close();
    parameters.close();
  }
}
