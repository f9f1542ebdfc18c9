package io.lssgen.train;

import com.fasterxml.jackson.databind.JsonNode;
import io.lssgen.errors.UsageException;
import io.lssgen.model.vae.AutoencoderKl;
import io.lssgen.model.vae.AutoencoderKlConfig;
import io.lssgen.model.vae.LoadedAutoencoder;
import io.lssgen.tensor.DType;
import io.lssgen.weights.ModelConfig;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A training run as its configuration file describes it: what {@code lssgen train} opens. */
public final class TrainingRun implements AutoCloseable {
  private static final Map<String, Opener> KINDS =
      Map.of(
          "autoencoder", TrainingRun::autoencoder,
          "denoiser", DenoiserRun::open,
          "detector", DetectorRun::open,
          "upsampler", UpsamplerRun::open);

  private final TrainingLoop loop;
  private final List<AutoCloseable> resources;

  TrainingRun(TrainingLoop loop, List<AutoCloseable> resources) {
    this.loop = loop;
    this.resources = List.copyOf(resources);
  }

  private interface Opener {
    TrainingRun open(TrainingConfig config, PrintStream console);
  }

  /**
   * Prepares a run.
   *
   * @param kind autoencoder, denoiser, upsampler or detector
   * @param file its configuration
   * @throws UsageException if the configuration is wrong, in a message that names the file
   * @throws io.lssgen.errors.ModelException if a model that it names is missing or damaged
   */
  public static TrainingRun open(String kind, Path file, PrintStream console) {
    Opener opener = KINDS.get(kind);
    if (opener == null) {
      throw new UsageException(
          "'"
              + kind
              + "' is nothing to train; wanted autoencoder, denoiser, upsampler or detector");
    }
    TrainingConfig config = TrainingConfig.read(file);
    config.loop(); // what is wrong there is said before anything long begins
    try {
      return opener.open(config, console);
    } catch (RuntimeException e) {
      throw config.translated(e);
    }
  }

  /** The loop, to be run or stopped. */
  public TrainingLoop loop() {
    return loop;
  }

  private static TrainingRun autoencoder(TrainingConfig config, PrintStream console) {
    ModelConfig training =
        config.section(
            "training",
            "decoder_of",
            "side",
            "batch",
            "edges",
            "divergence",
            "scale_consistency",
            "dtype");
    AutoencoderTrainee.Settings settings =
        new AutoencoderTrainee.Settings(
            training.positive("side"),
            training.positive("batch"),
            training.number("edges", 0.5),
            training.number("divergence", 1e-5),
            training.number("scale_consistency", 0),
            config.computeType(training),
            config.seed());
    Trainee trainee = autoencoder(config, training, settings, console);
    return new TrainingRun(loop(config, trainee, console), List.of(trainee));
  }

  /** A whole autoencoder, or the decoder alone of the one that {@code decoder_of} names. */
  private static Trainee autoencoder(
      TrainingConfig config,
      ModelConfig training,
      AutoencoderTrainee.Settings settings,
      PrintStream console) {
    if (training.has("decoder_of")) {
      config.requireSections("run", "optimizer", "data", "training");
      config.refuse(training, "with decoder_of", "divergence", "scale_consistency");
      return new DecoderTrainee(
          Path.of(training.text("decoder_of")),
          settings,
          TrainingPictures.of(config, console).crops());
    }
    config.requireSections("run", "optimizer", "data", "training", "autoencoder");
    ModelConfig fields = config.modelSection("autoencoder", AutoencoderKlConfig.FIELDS);
    config.checked(() -> AutoencoderKlConfig.of(fields));
    return new AutoencoderTrainee(fields, settings, TrainingPictures.of(config, console).crops());
  }

  static TrainingLoop loop(TrainingConfig config, Trainee trainee, PrintStream console) {
    return new TrainingLoop(trainee, config.loop(), config.folder(), console);
  }

  static Path autoencoderFolder(ModelConfig training) {
    return Path.of(training.text("autoencoder"));
  }

  /** Loads a trained autoencoder; its weights are added to {@code resources}. */
  static AutoencoderKl loadAutoencoder(Path folder, DType type, List<AutoCloseable> resources) {
    LoadedAutoencoder loaded = LoadedAutoencoder.open(folder, type);
    resources.add(loaded);
    return loaded.network();
  }

  /** The texts of a YAML list. */
  static List<String> texts(JsonNode list) {
    List<String> texts = new ArrayList<>();
    list.forEach(item -> texts.add(item.asText()));
    return texts;
  }

  @Override
  public void close() throws Exception {
    for (AutoCloseable resource : resources) {
      resource.close();
    }
  }
}
