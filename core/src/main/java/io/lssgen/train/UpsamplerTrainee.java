package io.lssgen.train;

import io.lssgen.image.RgbImage;
import io.lssgen.model.ImageTensors;
import io.lssgen.model.vae.AutoencoderKl;
import io.lssgen.nn.Parameters;
import io.lssgen.scaling.LatentUpsampler;
import io.lssgen.scaling.LatentUpsamplerConfig;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Functional;
import io.lssgen.tensor.GradMode;
import io.lssgen.tensor.Rng;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Trains a {@link LatentUpsampler} (arXiv 2507.16154, section 3.2): the latent of a picture at half
 * size in, the latent of the picture out. The loss is the latents' mean squared error and the error
 * of the decoded picture. The input is roughened a little, since at generation time it is a
 * denoised latent, not an encoded one.
 */
public final class UpsamplerTrainee implements Trainee {
  /**
   * How to train.
   *
   * @param side pixels of the large picture's side, a multiple of twice the autoencoder's factor,
   *     at least 16
   * @param batch pictures of a micro-batch
   * @param pixels weight of the decoded picture's error
   * @param edges weight of edges within that error
   * @param roughness largest deviation of the noise added to the input, in units of the latents'
   */
  public record Settings(
      int side,
      int batch,
      double pixels,
      double edges,
      double roughness,
      DType computeType,
      long seed) {}

  private final LatentUpsamplerConfig config;
  private final Settings settings;
  private final PictureBatches images;
  private final AutoencoderKl autoencoder;
  private final TrainableParameters parameters;
  private final LatentUpsampler model;

  public UpsamplerTrainee(
      LatentUpsamplerConfig config,
      Settings settings,
      ImageSource source,
      AutoencoderKl autoencoder) {
    Sides.require(settings.side(), 2 * autoencoder.config().factor());
    this.config = config;
    this.settings = settings;
    images = new PictureBatches(source, settings.batch(), settings.side());
    this.autoencoder = autoencoder;
    try (Rng rng = new Rng(settings.seed())) {
      parameters = TrainableParameters.fresh(p -> new LatentUpsampler(p, config), rng);
    }
    model = new LatentUpsampler(Parameters.of(parameters), config);
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
  public Loss loss(long index) {
    DType type = settings.computeType();
    try (TensorScope scope = TensorScope.open();
        Rng rng = new Rng(Seeds.mix(settings.seed(), index))) {
      Tensor image = images.get(index, type);
      Tensor low;
      Tensor high;
      try (GradMode off = GradMode.disabled()) {
        low = roughened(encode(Functional.averagePool(image, 2)), rng);
        high = encode(image);
      }
      Tensor scaled = model.forward(low);
      Tensor latentError = scaled.sub(high).to(DType.F32).square().mean();
      Tensor error = decode(scaled).sub(image).to(DType.F32);
      Tensor total = latentError.add(PixelLoss.of(error, settings.edges()).mul(settings.pixels()));
      return new Loss(
          scope.keep(total),
          Map.of("latent_mse", latentError.item(), "psnr", PixelLoss.psnr(error)));
    }
  }

  private Tensor roughened(Tensor latent, Rng rng) {
    double deviation = settings.roughness() * rng.rand(1).item();
    return latent.add(rng.randn(latent.shape()).mul(deviation).to(latent.dtype()));
  }

  /** To the denoiser's space. */
  private Tensor encode(Tensor image) {
    return autoencoder.config().latentScale().toDenoiser(autoencoder.encode(image).mean());
  }

  private Tensor decode(Tensor latent) {
    return autoencoder.decode(autoencoder.config().latentScale().toAutoencoder(latent));
  }

  @Override
  public void writeSamples(FlatParameters weights, Path file) {
    LatentUpsampler averaged = new LatentUpsampler(Parameters.of(weights), config);
    List<RgbImage> grid = images.shown();
    Tensor image = ImageTensors.toTensor(grid).to(settings.computeType());
    Tensor low = encode(Functional.averagePool(image, 2));
    long height = image.size(2);
    long width = image.size(3);
    grid.addAll(ImageTensors.toImages(Functional.upsampleNearest(decode(low), height, width)));
    grid.addAll(ImageTensors.toImages(decode(averaged.forward(low))));
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
    images.close();
    parameters.close();
  }
}
