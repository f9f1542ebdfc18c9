package io.lssgen.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lssgen.errors.UsageException;
import io.lssgen.model.ImageTensors;
import io.lssgen.model.vae.AutoencoderKl;
import io.lssgen.model.vae.LargePictureAutoencoder;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.GradMode;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.weights.ModelConfig;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** Prepares the training of a denoiser: vocabularies, latents at each size, the model. */
final class DenoiserRun {
  static final double CAPTION_DROPOUT = 0.1;
  private static final int VOCABULARY_CAPTIONS = 100_000;
  private static final int ENCODE_BATCH = 16;
  private static final int EMPHASIS_SCENES = 4;
  private static final int EMPHASIS_SIDE = 256;

  /**
   * What {@link io.lssgen.pipeline.ModelDefaults} reads, but for the words, which are filled in.
   */
  static final Set<String> DEFAULTS =
      Set.of(
          "name",
          "steps",
          "guidance",
          "guidance_range",
          "cfg_scale",
          "width",
          "height",
          "min_size",
          "base_width",
          "base_height",
          "start_sigma",
          "shorten",
          "dtype");

  private static final List<DenoiserRecipe> RECIPES = List.of(new FluxRecipe(), new XlRecipe());

  /** The fields of the section {@code training} that all families have. */
  private static final Set<String> FIELDS =
      Set.of(
          "autoencoder",
          "initial",
          "lora_rank",
          "teacher",
          "guidance",
          "latents",
          "sizes",
          "caption_dropout",
          DenoiserRecipe.Source.POOLED_DROPOUT,
          "channel_emphasis",
          "vocabulary",
          "dtype",
          "sample_prompts",
          "sample_side",
          "sample_steps",
          "sample_cfg_scale",
          "sample_guidance");

  private final TrainingConfig config;
  private final PrintStream console;
  private final DenoiserRecipe recipe;
  private final ModelConfig training;
  private final DType type;
  private final SceneImages data;
  private final List<AutoCloseable> resources = new ArrayList<>();

  private DenoiserRun(TrainingConfig config, PrintStream console) {
    this.config = config;
    this.console = console;
    recipe = recipe(config);
    config.requireSections(
        union(
                Set.of("run", "optimizer", "data", "training", "defaults", recipe.section()),
                recipe.otherSections())
            .toArray(String[]::new));
    training = config.modelSection("training", union(FIELDS, recipe.fields()));
    type = config.computeType(training);
    data = SceneData.images(config);
  }

  /** That of the one section which tells the families apart. */
  private static DenoiserRecipe recipe(TrainingConfig config) {
    List<DenoiserRecipe> found =
        RECIPES.stream().filter(each -> config.hasSection(each.section())).toList();
    if (found.size() != 1) {
      throw new UsageException(
          "%s: wanted one section out of %s, found %s"
              .formatted(config.file(), names(RECIPES), found.isEmpty() ? "none" : "all of them"));
    }
    return found.get(0);
  }

  private static List<String> names(List<DenoiserRecipe> recipes) {
    return recipes.stream().map(DenoiserRecipe::section).toList();
  }

  private static Set<String> union(Set<String> first, Set<String> second) {
    Set<String> both = new TreeSet<>(first);
    both.addAll(second);
    return both;
  }

  static TrainingRun open(TrainingConfig config, PrintStream console) {
    return new DenoiserRun(config, console).open();
  }

  private TrainingRun open() {
    if (training.has("teacher")) {
      config.refuse(training, "with a teacher", DenoiserRecipe.Source.POOLED_DROPOUT);
    }
    Path autoencoderFolder = TrainingRun.autoencoderFolder(training);
    AutoencoderKl autoencoder = TrainingRun.loadAutoencoder(autoencoderFolder, type, resources);
    DenoiserRecipe.Lesson lesson = recipe.read(source(autoencoder));
    DenoiserFamily family = training.has("lora_rank") ? lowRank(lesson) : lesson.family();
    DenoiserTrainee.Settings settings =
        new DenoiserTrainee.Settings(
            training.number("caption_dropout", CAPTION_DROPOUT),
            lesson.objective().wantsThings(),
            config.seed());
    DenoiserExporter exporter =
        new DenoiserExporter(
            family,
            new DenoiserExporter.Surroundings(autoencoder, autoencoderFolder, type, defaults()),
            sampling(autoencoder, family));
    List<DenoiserTrainee.Size> sizes = sizes(autoencoder, autoencoderFolder, family);
    DenoiserTrainee trainee =
        new DenoiserTrainee(family, settings, data, sizes, lesson.objective(), exporter);
    if (!training.has("lora_rank")) {
      beginning()
          .ifPresent(
              folder -> InitialWeights.load(folder, trainee.parameters(), family::mayBeginFresh));
    }
    resources.add(0, trainee);
    return new TrainingRun(TrainingRun.loop(config, trainee, console), resources);
  }

  /** Low-rank changes of the model that the run begins with. */
  private DenoiserFamily lowRank(DenoiserRecipe.Lesson lesson) {
    Path folder =
        beginning()
            .orElseThrow(
                () ->
                    new UsageException(
                        config.file()
                            + ": lora_rank wants a model to change; name its folder as initial"));
    ComponentWeights base = base(folder, lesson.teacher());
    return new LowRankFamily(lesson.family(), base, training.positive("lora_rank"));
  }

  /** The teacher's weights, which are open, if it is the teacher that is changed. */
  private ComponentWeights base(Path folder, @Nullable ComponentWeights teacher) {
    if (teacher != null && teacher.folder().equals(folder)) {
      return teacher;
    }
    ComponentWeights base = new ComponentWeights(folder);
    resources.add(base);
    return base;
  }

  /** The section of this name, with the words that the model learns. */
  private JsonNode defaults() {
    ObjectNode fields = config.modelSection("defaults", DEFAULTS).fields().deepCopy();
    data.words().forEach(fields.putArray("vocabulary")::add);
    if (training.has("lora_rank")) {
      fields.put("lora", LowRankFamily.FILE);
    }
    return fields;
  }

  private DenoiserExporter.Sampling sampling(AutoencoderKl autoencoder, DenoiserFamily family) {
    int side = training.positive("sample_side", 256);
    Sides.require(side, family.patch() * autoencoder.config().factor());
    List<String> prompts = TrainingRun.texts(training.fields().path("sample_prompts"));
    if (prompts.isEmpty()) {
      throw new UsageException(config.file() + ": training wants at least one of sample_prompts");
    }
    return new DenoiserExporter.Sampling(
        prompts,
        side,
        training.positive("sample_steps", 20),
        training.number("sample_cfg_scale", 3),
        training.number("sample_guidance", 1));
  }

  /** The model folder that the run begins with. */
  private Optional<Path> beginning() {
    if (training.has("initial")) {
      return Optional.of(Path.of(training.text("initial")));
    }
    return recipe.beginsAsTeacher() && training.has("teacher")
        ? Optional.of(Path.of(training.text("teacher")))
        : Optional.empty();
  }

  /** With vocabularies built from captions, unless the run has them. */
  private DenoiserRecipe.Source source(AutoencoderKl autoencoder) {
    DenoiserRecipe.Source source =
        new DenoiserRecipe.Source(
            config,
            training,
            beginning().orElse(config.folder()),
            autoencoder.config(),
            data.things(),
            channelWeights(autoencoder),
            type);
    // The file that is written last: without it, an earlier run was interrupted while writing.
    if (!Files.exists(source.tokenizer(2).resolve("tokenizer_config.json"))) {
      console.printf(Locale.ROOT, "building vocabularies of %,d captions%n", VOCABULARY_CAPTIONS);
      recipe.writeTokenizers(
          LongStream.range(0, VOCABULARY_CAPTIONS).mapToObj(i -> data.caption(i, 0)).toList(),
          source);
    }
    return source;
  }

  /** Of latents of the first scenes. */
  private @Nullable Tensor channelWeights(AutoencoderKl autoencoder) {
    double exponent = training.number("channel_emphasis", 0);
    if (exponent == 0) {
      return null;
    }
    try (TensorScope scope = TensorScope.open()) {
      Tensor latents = encode(autoencoder, 0, EMPHASIS_SCENES, EMPHASIS_SIDE).to(type);
      Tensor weights =
          ChannelWeights.of(new LargePictureAutoencoder(autoencoder), latents, exponent).release();
      resources.add(weights);
      return weights;
    }
  }

  private List<DenoiserTrainee.Size> sizes(
      AutoencoderKl autoencoder, Path autoencoderFolder, DenoiserFamily family) {
    Path folder = Path.of(training.text("latents"));
    String origin =
        "%s, autoencoder %s, encoded in %s"
            .formatted(
                data.origin(),
                Digests.of(autoencoderFolder.resolve(DiffusersFolder.DIFFUSION_WEIGHTS)),
                type.label());
    List<DenoiserTrainee.Size> sizes = new ArrayList<>();
    for (ModelConfig size : sizes(config, training)) {
      int side = size.positive("side");
      Sides.require(side, family.patch() * autoencoder.config().factor());
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

  /** The tables of the sizes that are trained. */
  static List<ModelConfig> sizes(TrainingConfig config, ModelConfig training) {
    return config.list(training, "sizes", "side", "count", "batch", "share");
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
