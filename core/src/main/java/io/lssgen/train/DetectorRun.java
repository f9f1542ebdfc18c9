package io.lssgen.train;

import io.lssgen.eval.DetectorConfig;
import io.lssgen.model.vae.AutoencoderKl;
import io.lssgen.scenes.EmojiArtwork;
import io.lssgen.scenes.SceneVocabulary;
import io.lssgen.tensor.DType;
import io.lssgen.weights.ModelConfig;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Prepares the training of a scene detector. */
final class DetectorRun {
  private DetectorRun() {}

  static TrainingRun open(TrainingConfig config, PrintStream console) {
    config.requireSections("run", "optimizer", "data", "training", "detector");
    ModelConfig training =
        config.section(
            "training", "batch", "initial", "autoencoder", "decoded", "mongrels", "dtype");
    DType type = config.computeType(training);
    DetectorTrainee.Settings settings =
        new DetectorTrainee.Settings(training.positive("batch"), type, config.seed());
    SceneVocabulary vocabulary = SceneVocabulary.standard();
    DetectorConfig network = detector(config, vocabulary);
    DetectorScenes scenes =
        new DetectorScenes(
            vocabulary,
            EmojiArtwork.load(SceneData.artworkOfDetector(config), vocabulary),
            Math.toIntExact(config.seed()),
            config.share(training, "mongrels", 0.08));
    List<AutoCloseable> resources = new ArrayList<>();
    @Nullable AutoencoderKl autoencoder =
        training.has("autoencoder")
            ? TrainingRun.loadAutoencoder(TrainingRun.autoencoderFolder(training), type, resources)
            : null;
    DetectorTrainee trainee =
        new DetectorTrainee(
            network,
            settings,
            scenes,
            new DetectorNoise(autoencoder, config.share(training, "decoded", 0.2)));
    resources.add(0, trainee);
    if (training.has("initial")) {
      InitialWeights.loadComponent(Path.of(training.text("initial")), trainee.parameters());
    }
    return new TrainingRun(TrainingRun.loop(config, trainee, console), resources);
  }

  private static DetectorConfig detector(TrainingConfig config, SceneVocabulary vocabulary) {
    ModelConfig fields =
        config.section("detector", "side", "channels", "blocks", "norm_num_groups");
    return config.checked(
        () ->
            DetectorConfig.of(
                vocabulary,
                fields.integer("side"),
                Arrays.stream(fields.integers("channels")).boxed().toList(),
                Arrays.stream(fields.integers("blocks")).boxed().toList(),
                fields.integer("norm_num_groups")));
  }
}
