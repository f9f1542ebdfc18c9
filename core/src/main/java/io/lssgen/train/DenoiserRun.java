package io.lssgen.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lssgen.errors.UsageException;
import io.lssgen.model.ImageTensors;
import io.lssgen.model.clip.ClipTextConfig;
import io.lssgen.model.flux.FluxConfig;
import io.lssgen.model.t5.T5Config;
import io.lssgen.model.vae.AutoencoderKl;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.GradMode;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.text.BpeTrainer;
import io.lssgen.text.ClipTokenizer;
import io.lssgen.text.T5Tokenizer;
import io.lssgen.text.Tokenizer;
import io.lssgen.text.Tokenizers;
import io.lssgen.text.UnigramVocabulary;
import io.lssgen.weights.ModelConfig;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.LongStream;

/** Prepares the training of a denoiser: vocabularies, latents at each size, the model. */
final class DenoiserRun {
  private static final int VOCABULARY_CAPTIONS = 100_000;
  private static final int ENCODE_BATCH = 16;

  /**
   * What {@link io.lssgen.pipeline.ModelDefaults} reads, but for the words, which are filled in.
   */
  static final Set<String> DEFAULTS =
      Set.of(
          "name",
          "steps",
          "guidance",
          "cfg_scale",
          "width",
          "height",
          "min_size",
          "base_width",
          "base_height",
          "start_sigma",
          "shorten",
          "dtype");

  private final TrainingConfig config;
  private final PrintStream console;
  private final ModelConfig training;
  private final DType type;
  private final SceneImages data;
  private final List<AutoCloseable> resources = new ArrayList<>();

  private DenoiserRun(TrainingConfig config, PrintStream console) {
    config.requireSections(
        "run",
        "optimizer",
        "data",
        "training",
        "transformer",
        "text_encoder",
        "text_encoder_2",
        "defaults");
    this.config = config;
    this.console = console;
    training =
        config.section(
            "training",
            "autoencoder",
            "initial",
            "teacher",
            "guidance",
            "latents",
            "sizes",
            "caption_dropout",
            "logit_mean",
            "clip_length",
            "t5_length",
            "vocabulary",
            "dtype",
            "sample_prompts",
            "sample_side",
            "sample_steps",
            "sample_cfg_scale",
            "sample_guidance");
    type = config.computeType(training);
    data = TrainingRun.scenes(config);
  }

  static TrainingRun open(TrainingConfig config, PrintStream console) {
    return new DenoiserRun(config, console).open();
  }

  private TrainingRun open() {
    Path tokenizers = tokenizers();
    ClipTokenizer clipTokenizer = Tokenizers.clip(tokenizers.resolve("tokenizer"));
    T5Tokenizer t5Tokenizer = Tokenizers.t5(tokenizers.resolve("tokenizer_2"));
    ModelConfig clip = withVocabulary("text_encoder", ClipTextConfig.FIELDS, clipTokenizer);
    ModelConfig t5 = withVocabulary("text_encoder_2", T5Config.FIELDS, t5Tokenizer);
    ModelConfig transformer = config.modelSection("transformer", FluxConfig.FIELDS);
    FluxParts.Config parts =
        config.checked(
            () ->
                new FluxParts.Config(
                    FluxConfig.of(transformer), ClipTextConfig.of(clip), T5Config.of(t5)));
    Path autoencoderFolder = TrainingRun.autoencoderFolder(training);
    AutoencoderKl autoencoder = TrainingRun.loadAutoencoder(autoencoderFolder, type, resources);
    requireLatents(parts.transformer(), autoencoder);
    DenoiserTrainee.Settings settings = settings(clip);
    VelocityTarget target = target(parts, settings, clipTokenizer, t5Tokenizer);
    FluxExporter exporter =
        new FluxExporter(
            parts,
            new FluxExporter.Surroundings(
                autoencoder,
                autoencoderFolder,
                tokenizers,
                clipTokenizer,
                t5Tokenizer,
                defaults(),
                transformer,
                clip,
                t5),
            settings,
            sampling(autoencoder));
    List<DenoiserTrainee.Size> sizes = sizes(autoencoder, autoencoderFolder);
    DenoiserTrainee trainee =
        new DenoiserTrainee(
            parts, settings, data, sizes, clipTokenizer, t5Tokenizer, target, exporter);
    if (training.has("initial")) {
      InitialWeights.load(Path.of(training.text("initial")), trainee.parameters());
    }
    resources.add(0, trainee);
    return new TrainingRun(TrainingRun.loop(config, trainee, console), resources);
  }

  /** The section of this name, with the words that the model learns. */
  private JsonNode defaults() {
    ObjectNode fields = config.modelSection("defaults", DEFAULTS).fields().deepCopy();
    data.words().forEach(fields.putArray("vocabulary")::add);
    return fields;
  }

  /** The data themselves, or a guided teacher where the configuration names one. */
  private VelocityTarget target(
      FluxParts.Config parts,
      DenoiserTrainee.Settings settings,
      ClipTokenizer clipTokenizer,
      T5Tokenizer t5Tokenizer) {
    if (!training.has("teacher")) {
      config.refuse(training, "without a teacher", "guidance");
      return VelocityTarget.ofData();
    }
    int[] range = training.integers("guidance");
    if (range.length != 2) {
      throw new UsageException(
          config.file()
              + ": guidance wants two scales, found "
              + training.fields().get("guidance"));
    }
    return new GuidedTeacher(
        Path.of(training.text("teacher")),
        parts,
        settings,
        clipTokenizer,
        t5Tokenizer,
        range[0],
        range[1]);
  }

  private DenoiserTrainee.Settings settings(ModelConfig clip) {
    return new DenoiserTrainee.Settings(
        training.number("caption_dropout", 0.1),
        training.number("logit_mean", 0),
        training.positive("clip_length", clip.integer("max_position_embeddings", 77)),
        training.positive("t5_length", 32),
        type,
        config.seed());
  }

  private void requireLatents(FluxConfig transformer, AutoencoderKl autoencoder) {
    int channels = autoencoder.config().latentChannels();
    if (transformer.latentChannels() != channels) {
      throw new UsageException(
          "%s: in_channels of transformer must be 4 times the autoencoder's %d latent channels, found"
                  .formatted(config.file(), channels)
              + " %d".formatted(transformer.inChannels()));
    }
  }

  private FluxExporter.Sampling sampling(AutoencoderKl autoencoder) {
    int side = training.positive("sample_side", 256);
    Sides.require(side, FluxConfig.PATCH * autoencoder.config().factor());
    List<String> prompts = TrainingRun.texts(training.fields().path("sample_prompts"));
    if (prompts.isEmpty()) {
      throw new UsageException(config.file() + ": training wants at least one of sample_prompts");
    }
    return new FluxExporter.Sampling(
        prompts,
        side,
        training.positive("sample_steps", 20),
        training.number("sample_cfg_scale", 3),
        training.number("sample_guidance", 1));
  }

  /** Builds both vocabularies from captions, unless the run has them. */
  private Path tokenizers() {
    Path folder = training.has("initial") ? Path.of(training.text("initial")) : config.folder();
    // The file that is written last: without it, an earlier run was interrupted while writing.
    if (Files.exists(folder.resolve("tokenizer_2").resolve("tokenizer_config.json"))) {
      return folder;
    }
    int entries = training.positive("vocabulary", 2000);
    console.printf(Locale.ROOT, "building vocabularies of %,d captions%n", VOCABULARY_CAPTIONS);
    List<String> captions =
        LongStream.range(0, VOCABULARY_CAPTIONS).mapToObj(i -> data.caption(i, 0)).toList();
    BpeTrainer.train(captions, entries).write(folder.resolve("tokenizer"));
    UnigramVocabulary.of(captions, entries)
        .write(folder.resolve("tokenizer_2"), training.positive("t5_length", 32));
    return folder;
  }

  private ModelConfig withVocabulary(String name, Set<String> known, Tokenizer tokenizer) {
    ModelConfig section = config.modelSection(name, known);
    ObjectNode fields = section.fields().deepCopy();
    fields.put("vocab_size", tokenizer.vocabularySize());
    return new ModelConfig(section.origin(), fields);
  }

  private List<DenoiserTrainee.Size> sizes(AutoencoderKl autoencoder, Path autoencoderFolder) {
    Path folder = Path.of(training.text("latents"));
    String origin =
        "%s, autoencoder %s, encoded in %s"
            .formatted(
                data.origin(),
                Digests.of(autoencoderFolder.resolve(DiffusersFolder.DIFFUSION_WEIGHTS)),
                type.label());
    List<DenoiserTrainee.Size> sizes = new ArrayList<>();
    for (ModelConfig size : config.list(training, "sizes", "side", "count", "batch", "share")) {
      int side = size.positive("side");
      Sides.require(side, FluxConfig.PATCH * autoencoder.config().factor());
      int batch = size.positive("batch");
      LatentCache cache = cache(folder, origin, side, size.positive("count"), autoencoder);
      resources.add(cache);
      sizes.add(new DenoiserTrainee.Size(cache, batch, size.number("share", 1)));
    }
    if (sizes.isEmpty()) {
      throw new UsageException(config.file() + ": training wants at least one of sizes");
    }
    return sizes;
  }

  private LatentCache cache(
      Path folder, String origin, int side, int count, AutoencoderKl autoencoder) {
    int latents = side / autoencoder.config().factor();
    long channels = autoencoder.config().latentChannels();
    return LatentCache.open(
        folder.resolve("latents-" + side + ".bin"),
        new LatentCache.Contents(origin, count, channels, latents, latents),
        ENCODE_BATCH,
        (first, n) -> encode(autoencoder, first, n, side),
        console);
  }

  private Tensor encode(AutoencoderKl autoencoder, long first, int n, int side) {
    var images = LongStream.range(first, first + n).parallel();
    try (TensorScope scope = TensorScope.open();
        GradMode off = GradMode.disabled()) {
      Tensor pixels = ImageTensors.toTensor(images.mapToObj(i -> data.image(i, side)).toList());
      Tensor mean = autoencoder.encode(pixels.to(type)).mean().to(DType.F32);
      return scope.keep(autoencoder.config().latentScale().toDenoiser(mean));
    }
  }
}
