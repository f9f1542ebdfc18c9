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
import io.lssgen.schedule.FlowMatchEuler;
import io.lssgen.schedule.FlowMatchEulerConfig;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import io.lssgen.text.Tokenizer;
import io.lssgen.weights.ModelConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Pictures and model folders of a FLUX model in training. */
final class FluxExporter implements DenoiserTrainee.Exporter {
  /**
   * What a FLUX model is made of besides the weights in training.
   *
   * @param autoencoder the trained autoencoder
   * @param autoencoderFolder its files
   * @param tokenizers the folder that holds {@code tokenizer} and {@code tokenizer_2}
   * @param defaults what a request gets where it says nothing: {@code lssgen.json}
   * @param transformer, clip, t5 the configurations' fields as their libraries write them
   */
  record Surroundings(
      AutoencoderKl autoencoder,
      Path autoencoderFolder,
      Path tokenizers,
      Tokenizer clipTokenizer,
      Tokenizer t5Tokenizer,
      JsonNode defaults,
      ModelConfig transformer,
      ModelConfig clip,
      ModelConfig t5) {}

  /**
   * How sample pictures are made.
   *
   * @param cfgScale classifier-free guidance; 1 once guidance is distilled
   * @param guidance the guidance embedding's input
   */
  record Sampling(List<String> prompts, int side, int steps, double cfgScale, double guidance) {}

  private final FluxParts.Config config;
  private final Surroundings surroundings;
  private final DenoiserTrainee.Settings settings;
  private final Sampling sampling;
  private final FlowMatchEuler scheduler = new FlowMatchEuler(FlowMatchEulerConfig.fluxDev());

  FluxExporter(
      FluxParts.Config config,
      Surroundings surroundings,
      DenoiserTrainee.Settings settings,
      Sampling sampling) {
    this.config = config;
    this.surroundings = surroundings;
    this.settings = settings;
    this.sampling = sampling;
  }

  @Override
  public void samples(FlatParameters weights, Path file) {
    try (TensorScope scope = TensorScope.open();
        FluxParts model = new FluxParts(Parameters.of(weights), config);
        NoiseSource noise = NoiseSource.perImage(1, sampling.prompts().size())) {
      int factor = surroundings.autoencoder().config().factor();
      int channels = surroundings.autoencoder().config().latentChannels();
      StagePlan plan =
          new StagePlanner(scheduler, factor, 2)
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

  private Predictor predictor(FluxParts model) {
    Guidance guidance = new Guidance(sampling.guidance(), sampling.cfgScale(), 0);
    Conditioning positive = conditioning(model, sampling.prompts());
    Conditioning negative = guidance.usesNegative() ? conditioning(model, List.of("")) : null;
    return guidance.predictor(model.denoiser(settings.computeType()), positive, negative);
  }

  private Conditioning conditioning(FluxParts model, List<String> prompts) {
    FluxParts.Text text =
        model.encode(
            ids(surroundings.clipTokenizer(), prompts, settings.clipLength()),
            ids(surroundings.t5Tokenizer(), prompts, settings.t5Length()),
            settings.computeType());
    return new Conditioning(text.states(), text.pooled());
  }

  private static Tensor ids(Tokenizer tokenizer, List<String> prompts, int length) {
    List<Tensor> rows = new ArrayList<>();
    for (String prompt : prompts) {
      rows.add(Tensors.of(tokenizer.encode(prompt, length).ids(), length));
    }
    return Tensors.stack(rows, 0);
  }

  private List<RgbImage> decoded(Tensor latents) {
    Tensor inside = surroundings.autoencoder().config().latentScale().toAutoencoder(latents);
    return ImageTensors.toImages(
        surroundings.autoencoder().decode(inside.to(settings.computeType())));
  }

  @Override
  public void model(FlatParameters weights, Path folder) {
    DiffusersFolder.writeComponent(
        folder.resolve("transformer"),
        DiffusersFolder.withClass("FluxTransformer2DModel", surroundings.transformer().fields()),
        DiffusersFolder.DIFFUSION_WEIGHTS,
        DiffusersFolder.below("transformer.", weights));
    DiffusersFolder.writeComponent(
        folder.resolve("text_encoder"),
        DiffusersFolder.withArchitecture(
            "CLIPTextModel", "clip_text_model", surroundings.clip().fields()),
        DiffusersFolder.TEXT_WEIGHTS,
        DiffusersFolder.below("text_encoder.", weights));
    DiffusersFolder.writeComponent(
        folder.resolve("text_encoder_2"),
        DiffusersFolder.withArchitecture("T5EncoderModel", "t5", surroundings.t5().fields()),
        DiffusersFolder.TEXT_WEIGHTS,
        DiffusersFolder.below("text_encoder_2.", weights));
    DiffusersFolder.writeJson(
        folder.resolve("scheduler").resolve("scheduler_config.json"),
        DiffusersFolder.object(scheduler.config().fields()));
    for (String name : List.of("tokenizer", "tokenizer_2")) {
      DiffusersFolder.copyFiles(surroundings.tokenizers().resolve(name), folder.resolve(name));
    }
    DiffusersFolder.copyFiles(surroundings.autoencoderFolder(), folder.resolve("vae"));
    DiffusersFolder.writeJson(folder.resolve("lssgen.json"), surroundings.defaults());
    DiffusersFolder.writeFluxIndex(folder);
  }
}
