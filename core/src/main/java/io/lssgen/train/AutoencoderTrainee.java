package io.lssgen.train;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lssgen.image.RgbImage;
import io.lssgen.model.ImageTensors;
import io.lssgen.model.vae.AutoencoderKl;
import io.lssgen.model.vae.AutoencoderKlConfig;
import io.lssgen.nn.ParameterSource;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Functional;
import io.lssgen.tensor.GradMode;
import io.lssgen.tensor.Rng;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import io.lssgen.weights.ModelConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Trains an {@link AutoencoderKl}: pixels, edges, a light Kullback-Leibler term, and the scale
 * consistency of EQ-VAE (arXiv 2502.09509, equation 5, for the factor ½): the decoded half-size
 * latent shall be the half-size image. Latents that scale like images are what latent space scaling
 * wants.
 */
public final class AutoencoderTrainee implements Trainee {
  /**
   * How to train.
   *
   * @param side pixels of a training picture's side, a multiple of twice the factor, at least 16
   * @param batch pictures of a micro-batch
   * @param edges weight of the edge error
   * @param divergence weight of the Kullback-Leibler divergence per latent element
   * @param scaleConsistency weight of the half-size error
   * @param computeType type of the forward and backward pass
   */
  public record Settings(
      int side,
      int batch,
      double edges,
      double divergence,
      double scaleConsistency,
      DType computeType,
      long seed) {}

  private static final int STATISTICS_IMAGES = 64;
  private static final int SCALED_SHARE = 4;

  private static final double FRESH_LOG_VARIANCE = -5;

  private final ModelConfig fields;
  private final AutoencoderKlConfig config;
  private final Settings settings;
  private final PictureBatches images;
  private final TrainableParameters parameters;

  /**
   * @param fields the autoencoder's configuration, as in diffusers' {@code config.json}
   */
  public AutoencoderTrainee(ModelConfig fields, Settings settings, ImageSource source) {
    this.fields = fields;
    config = AutoencoderKlConfig.of(fields);
    Sides.require(settings.side(), 2 * config.factor());
    this.settings = settings;
    images = new PictureBatches(source, settings.batch(), settings.side());
    try (Rng rng = new Rng(settings.seed())) {
      parameters = TrainableParameters.fresh(p -> new AutoencoderKl(p, config), rng);
    }
    quieten(parameters);
  }

  /** A fresh posterior is nearly certain: noise of deviation 1 would drown the first latents. */
  private void quieten(TrainableParameters fresh) {
    int channels = config.latentChannels();
    try (TensorScope scope = TensorScope.open();
        FlatParameters values = new FlatParameters(fresh.layout(), fresh.values())) {
      String last = config.quantConvolution() ? "quant_conv.bias" : "encoder.conv_out.bias";
      values.at(last).narrow(0, channels, channels).addInPlace(FRESH_LOG_VARIANCE);
    }
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
      AutoencoderKl model = new AutoencoderKl(Parameters.of(weights), config);
      Tensor image = images.get(index, settings.computeType());
      AutoencoderKl.Posterior posterior = model.encode(image);
      Tensor latent = posterior.sample(rng.randn(posterior.mean().shape()));
      Tensor error = model.decode(latent).sub(image).to(DType.F32);
      Tensor halfError = halfError(model, image, latent);
      Tensor divergence = divergence(posterior);
      Tensor total =
          PixelLoss.of(error, settings.edges())
              .add(PixelLoss.of(halfError, settings.edges()).mul(settings.scaleConsistency()))
              .add(divergence.mul(settings.divergence()));
      Map<String, Double> parts =
          Map.of(
              "psnr", PixelLoss.psnr(error),
              "half_psnr", PixelLoss.psnr(halfError),
              "divergence", divergence.item());
      return new Loss(scope.keep(total), parts);
    }
  }

  /**
   * Of the decoded half-size latent, for the first few pictures: it costs much and varies little.
   */
  private static Tensor halfError(AutoencoderKl model, Tensor image, Tensor latent) {
    long few = Math.max(1, image.size(0) / SCALED_SHARE);
    Tensor half = model.decode(Functional.averagePool(latent.narrow(0, 0, few), 2));
    return half.sub(Functional.averagePool(image.narrow(0, 0, few), 2)).to(DType.F32);
  }

  /** KL(N(mean, variance) ‖ N(0, 1)) per element. */
  private static Tensor divergence(AutoencoderKl.Posterior posterior) {
    Tensor mean = posterior.mean().to(DType.F32);
    Tensor logVariance = posterior.logVariance().to(DType.F32);
    return mean.square().add(logVariance.exp()).sub(logVariance).add(-1).mul(0.5).mean();
  }

  @Override
  public void writeSamples(FlatParameters weights, Path file) {
    AutoencoderKl averaged = new AutoencoderKl(Parameters.of(weights), config);
    images.writeSheet(averaged, settings.computeType(), file);
  }

  @Override
  public void export(FlatParameters weights, Path folder) {
    AutoencoderKl averaged = new AutoencoderKl(Parameters.of(weights), config);
    try (TensorScope scope = TensorScope.open();
        GradMode off = GradMode.disabled()) {
      Tensor means = Tensors.empty(DType.F32, 0, config.latentChannels());
      Tensor logVariances = means;
      for (RgbImage image : images.spread(Long.MAX_VALUE / 4, STATISTICS_IMAGES)) {
        Tensor pixels = ImageTensors.toTensor(List.of(image)).to(settings.computeType());
        AutoencoderKl.Posterior posterior = averaged.encode(pixels);
        means = Tensors.cat(List.of(means, rows(posterior.mean())), 0);
        logVariances = Tensors.cat(List.of(logVariances, rows(posterior.logVariance())), 0);
      }
      ObjectNode json = DiffusersFolder.withClass("AutoencoderKL", fields.fields());
      Map<String, Tensor> exported = weights.all();
      if (config.quantConvolution() && config.postQuantConvolution()) {
        exported = LatentWhitening.fold(exported, means, logVariances);
        json.put("scaling_factor", 1.0).put("shift_factor", 0.0);
      } else {
        double shift = means.mean().item();
        double scale = 1 / Math.sqrt(means.add(-shift).square().mean().item());
        json.put("scaling_factor", scale).put("shift_factor", shift);
      }
      DiffusersFolder.writeComponent(
          folder.resolve("vae"), json, DiffusersFolder.DIFFUSION_WEIGHTS, exported);
    }
  }

  /** [1, C, h, w] to fp32 [h·w, C]. */
  private Tensor rows(Tensor latent) {
    return latent.to(DType.F32).permute(0, 2, 3, 1).reshape(-1, config.latentChannels());
  }

  @Override
  public void close() {
    images.close();
    parameters.close();
  }
}
