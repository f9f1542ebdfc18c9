package io.lssgen.train;

import io.lssgen.model.vae.AutoencoderKl;
import io.lssgen.model.vae.AutoencoderKlConfig;
import io.lssgen.model.vae.LoadedAutoencoder;
import io.lssgen.nn.ParameterSource;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.GradMode;
import io.lssgen.tensor.Rng;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.weights.ModelConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Trains the decoder of an autoencoder whose encoder stays as it is: pictures become better while
 * every model and every cache that lives on its latents stays valid.
 */
final class DecoderTrainee implements Trainee {
  private static final List<String> TRAINED = List.of("decoder.", "post_quant_conv.");

  private final ModelConfig fields;
  private final AutoencoderKlConfig config;
  private final AutoencoderTrainee.Settings settings;
  private final PictureBatches images;
  private final LoadedAutoencoder start;
  private final TrainableParameters parameters;

  /**
   * @param folder the autoencoder to begin with
   * @param settings of which only the weights of pixels and edges count
   */
  DecoderTrainee(Path folder, AutoencoderTrainee.Settings settings, ImageSource source) {
    fields = ModelConfig.read(folder.resolve("config.json"));
    config = AutoencoderKlConfig.of(fields);
    Sides.require(settings.side(), 2 * config.factor());
    this.settings = settings;
    images = new PictureBatches(source, settings.batch(), settings.side());
    start = LoadedAutoencoder.open(folder, DType.F32);
    parameters = new TrainableParameters(root -> new AutoencoderKl(partly(root.source()), config));
    InitialWeights.copy(start.weights(), parameters);
  }

  private Parameters partly(ParameterSource trained) {
    return Parameters.of(new PartlyFixed(trained, start.weights(), TRAINED));
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
      AutoencoderKl model = new AutoencoderKl(partly(weights), config);
      Tensor image = images.get(index, settings.computeType());
      Tensor error = model.decode(latent(model, image, rng)).sub(image).to(DType.F32);
      Tensor total = PixelLoss.of(error, settings.edges());
      return new Loss(scope.keep(total), Map.of("psnr", PixelLoss.psnr(error)));
    }
  }

  private static Tensor latent(AutoencoderKl model, Tensor image, Rng rng) {
    try (TensorScope scope = TensorScope.open();
        GradMode off = GradMode.disabled()) {
      AutoencoderKl.Posterior posterior = model.encode(image);
      return scope.keep(posterior.sample(rng.randn(posterior.mean().shape())));
    }
  }

  @Override
  public void writeSamples(FlatParameters weights, Path file) {
    AutoencoderKl averaged = new AutoencoderKl(partly(weights), config);
    images.writeSheet(averaged, settings.computeType(), file);
  }

  @Override
  public void export(FlatParameters weights, Path folder) {
    Map<String, Tensor> all = new TreeMap<>(start.weights().tensors());
    all.putAll(weights.all());
    DiffusersFolder.writeComponent(
        folder.resolve("vae"),
        DiffusersFolder.withClass("AutoencoderKL", fields.fields()),
        DiffusersFolder.DIFFUSION_WEIGHTS,
        all);
  }

  @Override
  public void close() {
    images.close();
    parameters.close();
    start.close();
  }
}
