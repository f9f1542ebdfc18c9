package io.lssgen.train;

import com.fasterxml.jackson.databind.JsonNode;
import io.lssgen.image.RgbImage;
import io.lssgen.model.Conditioning;
import io.lssgen.model.ImageTensors;
import io.lssgen.model.vae.AutoencoderKl;
import io.lssgen.nn.Parameters;
import io.lssgen.sampling.Cancellation;
import io.lssgen.sampling.Guidance;
import io.lssgen.sampling.NoiseSource;
import io.lssgen.sampling.Predictor;
import io.lssgen.sampling.ProgressListener;
import io.lssgen.sampling.StageOptions;
import io.lssgen.sampling.StagePlan;
import io.lssgen.sampling.StagePlanner;
import io.lssgen.sampling.StagedSampler;
import io.lssgen.scaling.BicubicScaler;
import io.lssgen.schedule.Scheduler;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.GradMode;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import java.nio.file.Path;
import java.util.List;

/** Pictures and model folders of a denoiser in training. */
final class DenoiserExporter {
  /**
   * What a model is made of besides its family's parts.
   *
   * @param autoencoder the trained autoencoder
   * @param autoencoderFolder its files
   * @param type what the autoencoder computes in
   * @param defaults what a request gets where it says nothing: {@code lssgen.json}
   */
  record Surroundings(
      AutoencoderKl autoencoder, Path autoencoderFolder, DType type, JsonNode defaults) {}

  /**
   * How sample pictures are made.
   *
   * @param cfgScale classifier-free guidance; 1 once guidance is distilled
   * @param guidance the guidance embedding's input
   */
  record Sampling(List<String> prompts, int side, int steps, double cfgScale, double guidance) {}

  private final DenoiserFamily family;
  private final Surroundings surroundings;
  private final Sampling sampling;

  DenoiserExporter(DenoiserFamily family, Surroundings surroundings, Sampling sampling) {
    this.family = family;
    this.surroundings = surroundings;
    this.sampling = sampling;
  }

  /** Writes a sheet of pictures that {@code weights} make. */
  void samples(FlatParameters weights, Path file) {
    try (TensorScope scope = TensorScope.open();
        GradMode off = GradMode.disabled();
        DenoiserModel model = family.model(Parameters.of(weights));
        NoiseSource noise = NoiseSource.perImage(1, sampling.prompts().size())) {
      Scheduler scheduler = family.scheduler();
      int factor = surroundings.autoencoder().config().factor();
      int channels = surroundings.autoencoder().config().latentChannels();
      StagePlan plan =
          new StagePlanner(scheduler, factor, family.patch())
              .plan(
                  sampling.side(), sampling.side(), sampling.steps(), StageOptions.flux().plain());
      StagedSampler sampler =
          new StagedSampler(
              scheduler, new BicubicScaler(), ProgressListener.NONE, new Cancellation());
      Predictor predictor = predictor(model);
      List<Tensor> clean =
          sampler.sample(plan, sampling.prompts().size(), channels, stage -> predictor, noise);
      ContactSheet.write(decoded(clean.get(clean.size() - 1)), 6, file);
    }
  }

  private Predictor predictor(DenoiserModel model) {
    Guidance guidance = new Guidance(sampling.guidance(), sampling.cfgScale(), 0);
    Conditioning positive = model.encode(sampling.prompts());
    Conditioning negative = guidance.usesNegative() ? model.encode(List.of("")) : null;
    return guidance.predictor(model.denoiser(), positive, negative);
  }

  private List<RgbImage> decoded(Tensor latents) {
    Tensor inside = surroundings.autoencoder().config().latentScale().toAutoencoder(latents);
    return ImageTensors.toImages(surroundings.autoencoder().decode(inside.to(surroundings.type())));
  }

  /** Writes a model folder that generation can load. */
  void model(FlatParameters weights, Path folder) {
    family.export(weights, folder);
    DiffusersFolder.copyFiles(surroundings.autoencoderFolder(), folder.resolve("vae"));
    DiffusersFolder.writeJson(folder.resolve("lssgen.json"), surroundings.defaults());
  }
}
