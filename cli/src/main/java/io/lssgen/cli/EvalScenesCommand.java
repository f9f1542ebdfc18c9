package io.lssgen.cli;

import io.lssgen.errors.UsageException;
import io.lssgen.eval.CategoryScores;
import io.lssgen.eval.LoadedDetector;
import io.lssgen.eval.SceneEvaluation;
import io.lssgen.eval.SceneReport;
import io.lssgen.eval.SceneSheet;
import io.lssgen.eval.TrueScenes;
import io.lssgen.pipeline.EmbeddedModel;
import io.lssgen.pipeline.TextToImage;
import io.lssgen.scenes.EmojiArtwork;
import io.lssgen.scenes.SceneVocabulary;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Scores a model's pictures of emoji scenes exactly against their captions. */
@Command(
    name = "scenes",
    description =
        "Makes pictures of emoji scenes that training never showed, reads them with a detector and"
            + " scores them exactly against their captions, beside the detector's own accuracy.",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    abbreviateSynopsis = true)
final class EvalScenesCommand implements Callable<Integer> {
  private static final int TRUE_SIDE = 256;

  @Spec private CommandSpec spec;

  @Mixin private SceneRequests requests = new SceneRequests();

  @Option(
      names = "--count",
      paramLabel = "N",
      defaultValue = "50",
      description = "Prompts of each category. Default: 50.")
  private int count;

  @Option(
      names = "--true-scenes",
      description = "Make no pictures: measure the detector alone, on scenes drawn from artwork.")
  private boolean trueScenes;

  @Option(
      names = "--detector",
      paramLabel = "DIR",
      description = "A trained detector. Default: the one that comes along.")
  private @Nullable Path detectorFolder;

  @Option(
      names = "--artwork",
      paramLabel = "DIR",
      description = "What tools/fetch-emoji.sh fetched; without it only scores are reported.")
  private Path artwork = EmojiArtwork.defaultFolder();

  @Option(
      names = "--sheet",
      paramLabel = "FILE",
      description = "Write all pictures with their verdicts (PNG).")
  private @Nullable Path sheet;

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      defaultValue = "human",
      description = "Report as human (default), json or quiet.")
  private OutputFormat format = OutputFormat.HUMAN;

  @Override
  public Integer call() {
    requests.sampling().applyThreads();
    if (trueScenes && !hasArtwork()) {
      throw new UsageException(
          "%s holds no artwork to draw scenes with; run tools/fetch-emoji.sh, or name its folder with"
                  .formatted(artwork)
              + " --artwork");
    }
    SceneVocabulary vocabulary = SceneVocabulary.standard();
    Path folder = detectorFolder == null ? EmbeddedModel.detector() : detectorFolder;
    try (LoadedDetector detector = LoadedDetector.open(folder)) {
      SceneEvaluation evaluation =
          new SceneEvaluation(detector, SceneEvaluation.prompts(vocabulary, count));
      print(trueScenes ? measure(evaluation, vocabulary) : score(evaluation, vocabulary));
    }
    return ExitCode.OK;
  }

  private boolean hasArtwork() {
    return Files.isDirectory(artwork);
  }

  /** The detector alone. */
  private SceneReport measure(SceneEvaluation evaluation, SceneVocabulary vocabulary) {
    int side = requests.side(TRUE_SIDE);
    SceneEvaluation.Painter painter = TrueScenes.drawn(vocabulary, artwork, side);
    SceneEvaluation.Result drawn = run("true scenes", evaluation, painter);
    writeSheet(drawn);
    Optional<Path> autoencoder =
        requests.sampling().hasModel()
            ? Optional.of(requests.sampling().folder().resolve("vae")).filter(Files::isDirectory)
            : Optional.empty();
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("pictures", "true scenes, side " + side);
    return new SceneReport(
        settings,
        Optional.empty(),
        Optional.of(drawn.scores()),
        autoencoder.map(vae -> decoded(evaluation, painter, vae)));
  }

  /** A model's pictures, and the detector on true ones of the same size. */
  private SceneReport score(SceneEvaluation evaluation, SceneVocabulary vocabulary) {
    SceneEvaluation.Result generated;
    Map<String, String> settings;
    int side;
    try (TextToImage model = requests.sampling().load()) {
      side = requests.side(model.defaults().width());
      settings = requests.settings(model, side);
      generated =
          run(
              "pictures",
              evaluation,
              (prompt, index) ->
                  model.generate(requests.request(prompt, index, side)).images().get(0));
    }
    writeSheet(generated);
    if (!hasArtwork()) {
      return new SceneReport(settings, Optional.of(generated), Optional.empty(), Optional.empty());
    }
    SceneEvaluation.Painter painter = TrueScenes.drawn(vocabulary, artwork, side);
    return new SceneReport(
        settings,
        Optional.of(generated),
        Optional.of(run("true scenes", evaluation, painter).scores()),
        Optional.of(decoded(evaluation, painter, requests.sampling().folder().resolve("vae"))));
  }

  private CategoryScores decoded(
      SceneEvaluation evaluation, SceneEvaluation.Painter painter, Path vae) {
    try (TrueScenes.Autoencoder autoencoder = new TrueScenes.Autoencoder(vae)) {
      return run("true scenes, decoded", evaluation, autoencoder.decoded(painter)).scores();
    }
  }

  private SceneEvaluation.Result run(
      String what, SceneEvaluation evaluation, SceneEvaluation.Painter painter) {
    boolean shown = format != OutputFormat.QUIET && Terminal.showsErrors();
    PrintWriter err = spec.commandLine().getErr();
    int all = evaluation.prompts().size();
    int[] counts = new int[2];
    SceneEvaluation.Result result =
        evaluation.run(
            painter,
            scored -> {
              counts[0]++;
              counts[1] += scored.verdict().correct() ? 1 : 0;
              if (shown) {
                err.printf("\r%s %d/%d, %d right", what, counts[0], all, counts[1]);
                err.flush();
              }
            });
    if (shown) {
      err.println();
    }
    return result;
  }

  private void writeSheet(SceneEvaluation.Result result) {
    if (sheet != null) {
      SceneSheet.write(sheet, result.pictures());
    }
  }

  private void print(SceneReport report) {
    PrintWriter out = spec.commandLine().getOut();
    switch (format) {
      case HUMAN -> out.print(report.human());
      case JSON -> out.println(report.json());
      case QUIET -> {}
    }
    if (!hasArtwork() && format == OutputFormat.HUMAN) {
      out.println(
          "The detector's own accuracy was not measured: "
              + artwork
              + " holds no artwork; run tools/fetch-emoji.sh");
    }
    out.flush();
  }
}
