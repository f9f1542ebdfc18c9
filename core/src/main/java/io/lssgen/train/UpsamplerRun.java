package io.lssgen.train;

import io.lssgen.errors.UsageException;
import io.lssgen.model.vae.LoadedPictureAutoencoder;
import io.lssgen.model.vae.PictureAutoencoder;
import io.lssgen.scaling.LatentSpace;
import io.lssgen.scaling.LatentUpsamplerConfig;
import io.lssgen.scaling.ShuffleUpsamplerConfig;
import io.lssgen.scaling.UpsamplerConfig;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.GradMode;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import io.lssgen.weights.ModelConfig;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Opens the training of an upsampler from its configuration. */
final class UpsamplerRun {
  private static final String NETWORK = "upsampler";
  private static final String GROUPS = "norm_num_groups";
  private static final String START = "start";

  /** The fields of the section {@code upsampler}. */
  static final Set<String> NETWORK_FIELDS =
      Set.of(
          "kind",
          "in_channels",
          "block_out_channels",
          GROUPS,
          "width",
          "blocks",
          UpsamplerConfig.RESIDUAL,
          UpsamplerConfig.SPACE);

  private static final String LOSS = "loss";

  private UpsamplerRun() {}

  static TrainingRun open(TrainingConfig config, PrintStream console) {
    config.requireSections("run", "optimizer", "data", "training", LOSS, NETWORK);
    ModelConfig training = training(config);
    UpsamplerTrainee.Settings settings = settings(config, training);
    PairEncoder.Settings making =
        new PairEncoder.Settings(
            training.has("kernels")
                ? ShareTables.kernels(training.fields().get("kernels"))
                : ShareTables.AREA,
            training.number("reencoded", 0),
            settings.computeType(),
            config.seed());
    List<AutoCloseable> resources = new ArrayList<>();
    try {
      LoadedPictureAutoencoder loaded =
          LoadedPictureAutoencoder.open(
              Path.of(training.text("autoencoder")), settings.computeType());
      resources.add(loaded);
      UpsamplerTrainee trainee = trainee(config, training, settings, making, loaded, console);
      resources.add(0, trainee);
      begin(config, training, trainee);
      return new TrainingRun(TrainingRun.loop(config, trainee, console), resources);
    } catch (RuntimeException e) {
      resources.forEach(UpsamplerRun::closeQuietly);
      throw e;
    }
  }

  /** Other weights than fresh ones, if the section {@code training} wants any. */
  private static void begin(TrainingConfig config, ModelConfig training, UpsamplerTrainee trainee) {
    if (training.has("initial")) {
      config.refuse(training, "with initial weights", START);
      InitialWeights.loadComponent(Path.of(training.text("initial")), trainee.parameters());
    }
    if (training.has(START)) {
      config.checked(() -> start(training, trainee));
    }
  }

  private static Object start(ModelConfig training, UpsamplerTrainee trainee) {
    if (!training.text(START).equals("bilinear")
        || !(trainee.config() instanceof LatentUpsamplerConfig published)) {
      throw new IllegalArgumentException(
          "start wants bilinear, and a published network; found %s and %s"
              .formatted(training.text(START), trainee.config().getClass().getSimpleName()));
    }
    InterpolationStart.apply(published, trainee.parameters());
    return published;
  }

  private static UpsamplerTrainee trainee(
      TrainingConfig config,
      ModelConfig training,
      UpsamplerTrainee.Settings settings,
      PairEncoder.Settings making,
      LoadedPictureAutoencoder loaded,
      PrintStream console) {
    PictureAutoencoder autoencoder = loaded.network();
    Sides.require(settings.side(), 2 * autoencoder.factor());
    UpsamplerConfig network = config.checked(() -> network(config, autoencoder));
    require(settings, autoencoder);
    TrainingPictures pictures = TrainingPictures.of(config, console);
    pictures.crops().image(0, 2 * settings.side()); // samples are twice as large: fails now
    PairTarget target = config.checked(() -> PairTarget.of(training.text("target", "picture")));
    PairEncoder encoder = new PairEncoder(autoencoder, making, target);
    UpsamplerPairs pairs =
        training.has("cache")
            ? CachedPairs.open(
                place(training, pictures, making, target, settings, loaded),
                pictures.crops(),
                encoder,
                settings,
                new CachedPairs.Shape(
                    autoencoder.channels(),
                    settings.side() / autoencoder.factor() / 2,
                    settings.side()),
                console)
            : new FreshPairs(batches(pictures, settings), settings.batch(), encoder);
    return new UpsamplerTrainee(network, settings, batches(pictures, settings), pairs, autoencoder);
  }

  private static ModelConfig training(TrainingConfig config) {
    ModelConfig training =
        config.section(
            "training",
            "autoencoder",
            "initial",
            START,
            "target",
            "side",
            "batch",
            "decoded",
            "latents_first",
            "kernels",
            "roughness",
            "mixed",
            "reencoded",
            "cache",
            "pairs",
            "dtype");
    if (!training.has("cache")) {
      config.refuse(training, "without a cache", "pairs");
    }
    return training;
  }

  private static UpsamplerTrainee.Settings settings(TrainingConfig config, ModelConfig training) {
    ModelConfig weights = config.sectionOrEmpty(LOSS, UpsamplerLoss.FIELDS);
    int batch = training.positive("batch");
    return new UpsamplerTrainee.Settings(
        training.positive("side"),
        batch,
        training.positive("decoded", batch),
        training.integer("latents_first", 0),
        UpsamplerLoss.of(weights),
        training.number("roughness", 0.1),
        new ChannelMixing(training.number("mixed", 0)),
        config.computeType(training),
        config.seed());
  }

  /** What the loss wants and the autoencoder has not is said before anything long begins. */
  private static void require(UpsamplerTrainee.Settings settings, PictureAutoencoder autoencoder) {
    try (TensorScope scope = TensorScope.open();
        GradMode off = GradMode.disabled()) {
      DType type = settings.computeType();
      settings.loss().require(autoencoder, Tensors.zeros(type, 1, autoencoder.channels(), 2, 2));
    }
  }

  private static PictureBatches batches(
      TrainingPictures pictures, UpsamplerTrainee.Settings settings) {
    return new PictureBatches(pictures.crops(), settings.batch(), settings.side());
  }

  private static CachedPairs.Place place(
      ModelConfig training,
      TrainingPictures pictures,
      PairEncoder.Settings making,
      PairTarget target,
      UpsamplerTrainee.Settings settings,
      LoadedPictureAutoencoder loaded) {
    String autoencoder = loaded.files().stream().map(Digests::of).collect(Collectors.joining("-"));
    String origin =
        "%s, autoencoder %s, side %d, %s%s"
            .formatted(
                pictures.origin(),
                autoencoder,
                settings.side(),
                making,
                target == PairTarget.PICTURE ? "" : ", target " + target);
    return new CachedPairs.Place(
        Path.of(training.text("cache")), training.positive("pairs"), origin);
  }

  /** The network that the section {@code upsampler} describes; without one, as published. */
  private static UpsamplerConfig network(TrainingConfig config, PictureAutoencoder autoencoder) {
    if (!config.has(NETWORK)) {
      return LatentUpsamplerConfig.forChannels(autoencoder.channels());
    }
    ModelConfig section = config.modelSection(NETWORK, NETWORK_FIELDS);
    int wanted = section.integer("in_channels", autoencoder.channels());
    UpsamplerConfig network =
        switch (section.text("kind", "published")) {
          case "published" -> {
            config.refuse(section, "in a published network", "width", "blocks");
            yield published(section, wanted);
          }
          case "shuffle" -> {
            config.refuse(section, "in a shuffle network", "block_out_channels", GROUPS);
            yield shuffle(section, wanted);
          }
          default ->
              throw new UsageException(
                  "%s: kind wants published or shuffle, found %s"
                      .formatted(section.origin(), section.text("kind")));
        };
    Optional<LatentSpace> space = UpsamplerConfig.space(section);
    UpsamplerConfig described = space.isPresent() ? network.withSpace(space.get()) : network;
    UpsamplerTrainee.requireChannels(described, autoencoder);
    return described;
  }

  private static UpsamplerConfig published(ModelConfig section, int channels) {
    LatentUpsamplerConfig usual = LatentUpsamplerConfig.forChannels(channels);
    List<Integer> widths =
        section.has("block_out_channels")
            ? Arrays.stream(section.integers("block_out_channels")).boxed().toList()
            : usual.blockChannels();
    return new LatentUpsamplerConfig(
        channels,
        widths,
        usual.upsamples(),
        section.integer(GROUPS, usual.groups()),
        UpsamplerConfig.residual(section),
        Optional.empty());
  }

  private static UpsamplerConfig shuffle(ModelConfig section, int channels) {
    UpsamplerConfig.residual(section); // it is so in any case, but nothing else may be said
    ShuffleUpsamplerConfig usual = ShuffleUpsamplerConfig.forChannels(channels);
    return new ShuffleUpsamplerConfig(
        channels,
        section.integer("width", usual.width()),
        section.integer("blocks", usual.blocks()),
        Optional.empty());
  }

  private static void closeQuietly(AutoCloseable resource) {
    try {
      resource.close();
    } catch (Exception e) {
      // The failure that matters is already on its way.
    }
  }
}
