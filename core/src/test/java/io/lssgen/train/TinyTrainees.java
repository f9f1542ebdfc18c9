package io.lssgen.train;

import static io.lssgen.model.GoldenTensors.ROOT;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lssgen.image.RgbImage;
import io.lssgen.model.clip.ClipTextConfig;
import io.lssgen.model.flux.FluxConfig;
import io.lssgen.model.t5.T5Config;
import io.lssgen.model.unet.UNetConfig;
import io.lssgen.model.vae.AutoencoderKl;
import io.lssgen.model.vae.LoadedPictureAutoencoder;
import io.lssgen.model.vae.PictureAutoencoder;
import io.lssgen.nn.ParameterSource;
import io.lssgen.pipeline.TinyModels;
import io.lssgen.scaling.LatentUpsamplerConfig;
import io.lssgen.scaling.UpsamplerConfig;
import io.lssgen.schedule.FlowMatchEulerConfig;
import io.lssgen.schedule.TrainingNoise;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Rng;
import io.lssgen.tensor.Tensor;
import io.lssgen.text.ClipTokenizer;
import io.lssgen.text.Tokenizers;
import io.lssgen.weights.ModelConfig;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/** Each kind of trainee, as small as it can be, over pictures made by a formula. */
final class TinyTrainees {
  static final Path FLUX = ROOT.resolve("flux-tiny");

  /** Numbers of things that the captioned pictures may show, nothing among them. */
  static final int THINGS = 3;

  static final double CAPTION_DROPOUT = 0.3;
  static final PrintStream SILENT =
      new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);

  private TinyTrainees() {}

  /** A bright rectangle on a slope of colours, whose place depends on the number. */
  static RgbImage picture(long index, int side) {
    byte[] rgb = new byte[side * side * 3];
    int left = (int) Math.floorMod(index * 7, side / 2);
    for (int y = 0; y < side; y++) {
      for (int x = 0; x < side; x++) {
        boolean inside = x >= left && x < left + side / 3 && y > side / 4 && y < side / 2;
        int at = 3 * (y * side + x);
        rgb[at] = (byte) (inside ? 250 : 200 * x / side);
        rgb[at + 1] = (byte) (inside ? 240 : 180 * y / side);
        rgb[at + 2] = (byte) (40 + Math.floorMod(index, 5) * 30);
      }
    }
    return new RgbImage(side, side, rgb);
  }

  static AutoencoderTrainee autoencoder() {
    return autoencoder(DType.F32);
  }

  /** A thirtieth of a real one: factor 2, four channels. */
  static AutoencoderTrainee autoencoder(DType type) {
    ModelConfig config =
        ModelConfig.parse(
            "tiny autoencoder",
            "{\"block_out_channels\": [4, 4], \"latent_channels\": 2, \"norm_num_groups\": 2,"
                + " \"mid_block_add_attention\": false}");
    return new AutoencoderTrainee(
        config,
        new AutoencoderTrainee.Settings(16, 2, 0.5, 1e-4, 0.3, type, 1),
        TinyTrainees::picture);
  }

  /** The decoder of the tiny FLUX model's autoencoder. */
  static DecoderTrainee decoder(DType type) {
    return new DecoderTrainee(
        FLUX.resolve("vae"),
        new AutoencoderTrainee.Settings(32, 2, 0.5, 0, 0, type, 1),
        TinyTrainees::picture);
  }

  /** The tiny FLUX model's autoencoder: factor 8, 16 channels; its weights go to resources. */
  static AutoencoderKl fluxAutoencoder(DType type, List<AutoCloseable> resources) {
    return TrainingRun.loadAutoencoder(FLUX.resolve("vae"), type, resources);
  }

  static UpsamplerTrainee upsampler(DType type, List<AutoCloseable> resources) {
    return upsampler(
        new LatentUpsamplerConfig(16, List.of(4, 4), List.of(true, false), 2),
        new UpsamplerLoss(1, 0, 0, 1, 0.5, 0, 0, 0),
        PictureAutoencoder.of(fluxAutoencoder(type, resources)),
        type);
  }

  /** Over the tiny autoencoder: factor 8, 16 channels; its weights go to resources. */
  static UpsamplerTrainee upsamplerOfTiny(
      UpsamplerConfig config, UpsamplerLoss loss, List<AutoCloseable> resources) {
    LoadedPictureAutoencoder loaded =
        LoadedPictureAutoencoder.open(ROOT.resolve("tiny-autoencoder/tae"), DType.F32);
    resources.add(loaded);
    return upsampler(config, loss, loaded.network(), DType.F32);
  }

  private static UpsamplerTrainee upsampler(
      UpsamplerConfig config, UpsamplerLoss loss, PictureAutoencoder autoencoder, DType type) {
    UpsamplerTrainee.Settings settings =
        new UpsamplerTrainee.Settings(32, 2, 2, 0, loss, 0.1, new ChannelMixing(0), type, 1);
    PairEncoder encoder =
        new PairEncoder(
            autoencoder,
            new PairEncoder.Settings(ShareTables.AREA, 0, type, 1),
            PairTarget.PICTURE);
    return new UpsamplerTrainee(
        config,
        settings,
        pictures(),
        new FreshPairs(pictures(), settings.batch(), encoder),
        autoencoder);
  }

  private static PictureBatches pictures() {
    return new PictureBatches(TinyTrainees::picture, 2, 32);
  }

  /** The tiny FLUX model without its weights, over latents of noise. */
  static DenoiserTrainee denoiser(DType type, Path folder, List<AutoCloseable> resources) {
    ModelConfig transformer = config(FLUX, "transformer");
    Objective objective = new DataObjective(new RectifiedFlow(0), Telling.ALL);
    return denoiser(flux(transformer, type), objective, FLUX, 16, 2, 3, folder, resources);
  }

  /** The same whose tokens and words are asked what is where. */
  static DenoiserTrainee things(
      ThingsObjective.Weights weights, Path folder, List<AutoCloseable> resources) {
    Objective objective = new ThingsObjective(new RectifiedFlow(0), Telling.ALL, weights);
    FluxParts.Readers readers =
        new FluxParts.Readers(
            weights.things() > 0 ? THINGS : 0, weights.parts() > 0, weights.words() > 0);
    return denoiser(fluxWith(readers), objective, FLUX, 16, 2, 3, folder, resources);
  }

  static FluxDenoiserFamily fluxWith(FluxParts.Readers readers) {
    return flux(config(FLUX, "transformer"), readers, DType.F32);
  }

  /**
   * The same with the transformer's configuration from {@code model}, other micro-batches of the
   * second size and another objective.
   */
  static DenoiserTrainee denoiser(
      Path model,
      int secondBatch,
      Objective objective,
      Path folder,
      List<AutoCloseable> resources) {
    ModelConfig transformer = ModelConfig.read(model.resolve("transformer").resolve("config.json"));
    FluxDenoiserFamily family = flux(transformer, DType.F32);
    return denoiser(family, objective, FLUX, 16, secondBatch, 3, folder, resources);
  }

  /** FLUX with this transformer and the tiny model's text encoders, 16 tokens each. */
  static FluxDenoiserFamily flux(ModelConfig transformer, DType type) {
    return flux(transformer, FluxParts.Readers.NONE, type);
  }

  /** The tiny FLUX model as its folder has it, in fp32. */
  static FluxDenoiserFamily flux() {
    return flux(config(FLUX, "transformer"), DType.F32);
  }

  /** Its weights, to be trained. */
  static TrainableParameters fluxWeights(FluxDenoiserFamily family, List<AutoCloseable> resources) {
    ComponentWeights weights = new ComponentWeights(FLUX);
    resources.add(weights);
    TrainableParameters parameters = withWeights(family, weights);
    resources.add(parameters);
    return parameters;
  }

  private static FluxDenoiserFamily flux(
      ModelConfig transformer, FluxParts.Readers readers, DType type) {
    FluxDenoiserFamily.Fields fields =
        new FluxDenoiserFamily.Fields(
            transformer,
            config(FLUX, "text_encoder"),
            config(FLUX, "text_encoder_2"),
            FlowMatchEulerConfig.fluxDev());
    FluxParts.Config parts =
        new FluxParts.Config(
            FluxConfig.of(transformer), ClipTextConfig.of(fields.clip()), T5Config.of(fields.t5()));
    return new FluxDenoiserFamily(parts, fields, fluxTexts(), FLUX, readers, type);
  }

  static FluxParts.Texts fluxTexts() {
    return new FluxParts.Texts(
        Tokenizers.clip(FLUX.resolve("tokenizer")),
        16,
        Tokenizers.t5(FLUX.resolve("tokenizer_2")),
        16);
  }

  /** The tiny SDXL model's folder, made below {@code folder}. */
  static Path xlFolder(Path folder) {
    return TinyModels.createDiffusion(folder.resolve("xl"), "sdxl");
  }

  /** The tiny SDXL model without its weights, over latents of noise. */
  static DenoiserTrainee xl(DType type, Path folder, List<AutoCloseable> resources) {
    Path model = xlFolder(folder);
    TrainingNoise levels = TrainingNoise.of(xlScheduler(model));
    return denoiser(
        xlFamily(model, null, 0, type),
        new DataObjective(new DiffusionNoise(levels, OptionalDouble.empty()), Telling.ALL),
        model,
        4,
        2,
        3,
        folder,
        resources);
  }

  /** A UNet that is distilled from the tiny SDXL model, over latents of noise. */
  static DenoiserTrainee xlLcm(DType type, Path folder, List<AutoCloseable> resources) {
    Path model = xlFolder(folder);
    ConsistencyDistillation distillation = distillation(model, type);
    DenoiserFamily family = xlFamily(model, distillation.teacher().weights(), 6, type);
    DenoiserTrainee trainee = denoiser(family, distillation, model, 4, 2, 1, folder, resources);
    InitialWeights.load(model, trainee.parameters(), family::mayBeginFresh);
    return trainee;
  }

  /** Of the tiny SDXL model, with guidance scales from 1 to 5. */
  static ConsistencyDistillation distillation(Path model, DType type) {
    return distillation(model, type, null);
  }

  static ConsistencyDistillation distillation(
      Path model, DType type, @Nullable Tensor channelWeights) {
    XlDenoiserFamily undistilled = xlFamily(model, null, 0, type);
    return new ConsistencyDistillation(
        new DiffusionNoise(TrainingNoise.of(xlScheduler(model)), OptionalDouble.empty()),
        GuidedTeacher.open(model, undistilled::model),
        new ScaleRange(1, 5),
        new SolverSteps(1000, 50),
        new PseudoHuber(0.001, channelWeights));
  }

  static ModelConfig xlScheduler(Path model) {
    return ModelConfig.read(model.resolve("scheduler").resolve("scheduler_config.json"));
  }

  /**
   * The family of the tiny SDXL model.
   *
   * @param guidance width of the guidance scale's embedding, or 0
   */
  static XlDenoiserFamily xlFamily(
      Path model, @Nullable ComponentWeights frozen, int guidance, DType type) {
    ObjectNode unet = config(model, "unet").fields().deepCopy();
    ObjectNode scheduler = xlScheduler(model).fields().deepCopy();
    if (guidance > 0) {
      unet.put("time_cond_proj_dim", guidance);
      scheduler.put("_class_name", "LCMScheduler");
    }
    XlDenoiserFamily.Fields fields =
        new XlDenoiserFamily.Fields(
            new ModelConfig("unet", unet),
            config(model, "text_encoder"),
            config(model, "text_encoder_2"),
            new ModelConfig("scheduler", scheduler));
    XlParts.Config parts =
        new XlParts.Config(
            UNetConfig.of(fields.unet()),
            ClipTextConfig.of(fields.first()),
            ClipTextConfig.of(fields.second()));
    ClipTokenizer tokenizer = Tokenizers.clip(model.resolve("tokenizer"));
    return new XlDenoiserFamily(
        parts, fields, new XlParts.Surroundings(tokenizer, tokenizer, 8, type), model, frozen);
  }

  private static DenoiserTrainee denoiser(
      DenoiserFamily family,
      Objective objective,
      Path model,
      int channels,
      int secondBatch,
      double cfgScale,
      Path folder,
      List<AutoCloseable> resources) {
    DenoiserExporter exporter =
        new DenoiserExporter(
            family,
            new DenoiserExporter.Surroundings(
                TrainingRun.loadAutoencoder(model.resolve("vae"), DType.F32, resources),
                model.resolve("vae"),
                DType.F32,
                DiffusersFolder.object(Map.of("name", "tiny"))),
            new DenoiserExporter.Sampling(List.of("a red apple", "a dog"), 32, 2, cfgScale, 1));
    LatentCache square = latents(folder.resolve("square.bin"), channels, 4, 4);
    LatentCache wide = latents(folder.resolve("wide.bin"), channels, 2, 4);
    resources.add(square);
    resources.add(wide);
    return new DenoiserTrainee(
        family,
        new DenoiserTrainee.Settings(CAPTION_DROPOUT, objective.wantsThings(), 1),
        new TinyCaptions(),
        List.of(
            new DenoiserTrainee.Size(square, 2, 2), new DenoiserTrainee.Size(wide, secondBatch, 1)),
        objective,
        exporter);
  }

  /** Parameters of a family's model, with the weights of {@code source}. */
  static TrainableParameters withWeights(DenoiserFamily family, ParameterSource source) {
    TrainableParameters parameters = new TrainableParameters(p -> family.model(p).close());
    InitialWeights.copy(source, parameters);
    return parameters;
  }

  private static ModelConfig config(Path model, String component) {
    return ModelConfig.read(model.resolve(component).resolve("config.json"));
  }

  private static LatentCache latents(Path file, int channels, int height, int width) {
    return LatentCache.open(
        file,
        new LatentCache.Contents("noise", 6, channels, height, width),
        4,
        (first, n) -> noise(first, n, channels, height, width),
        SILENT);
  }

  static Tensor noise(long first, int n, int channels, int height, int width) {
    try (Rng rng = new Rng(100 + first)) {
      return rng.randn(n, channels, height, width);
    }
  }

  /** Closes in reverse order of making. */
  static void close(List<AutoCloseable> resources) throws Exception {
    List<AutoCloseable> reversed = new ArrayList<>(resources);
    Collections.reverse(reversed);
    for (AutoCloseable resource : reversed) {
      resource.close();
    }
  }
}
