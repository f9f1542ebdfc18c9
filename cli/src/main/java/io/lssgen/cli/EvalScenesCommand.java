package io.lssgen.cli;

import io.lssgen.errors.UsageException;
import io.lssgen.eval.DetectorAccuracy;
import io.lssgen.eval.LoadedDetector;
import io.lssgen.eval.SceneEvaluation;
import io.lssgen.eval.SceneReport;
import io.lssgen.eval.SceneSheet;
import io.lssgen.files.AtomicFile.IfExists;
import io.lssgen.pipeline.EmbeddedModel;
import io.lssgen.pipeline.TextToImage;
import io.lssgen.scenes.Placement;
import io.lssgen.scenes.SceneVocabulary;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
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
            + " scores them exactly against their captions, beside the detector's own accuracy,"
            + " which wants artwork.",
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
      names = "--placement",
      completionCandidates = Choices.Placements.class,
      paramLabel = "WHERE",
      defaultValue = "free",
      description =
          "Where objects stand in true scenes: free; grid or coarse, as those that models of this"
              + " build learn from. Default: free.")
  private Placement placement;

  @Option(
      names = "--detector",
      paramLabel = "DIR",
      description = "A trained detector. Default: the one that comes along.")
  private @Nullable Path detectorFolder;

  @Option(
      names = "--save-accuracy",
      description =
          "With --true-scenes: store what was measured in --detector's folder, for those without"
              + " artwork.")
  private boolean saveAccuracy;

  @Mixin private ArtworkOption artwork = new ArtworkOption();

  @Option(
      names = "--sheet",
      paramLabel = "FILE",
      description = "Write all pictures with their verdicts (PNG).")
  private @Nullable Path sheet;

  @Option(names = "--overwrite", description = "Let --sheet replace a file that is there.")
  private boolean overwrite;

  @Mixin private FormatOption format = new FormatOption();

  @Override
  public Integer call() {
    requests.sampling().applyThreads();
    if (saveAccuracy && (!trueScenes || detectorFolder == null)) {
      throw new UsageException(
          "--save-accuracy stores what --true-scenes measures, in the folder that --detector names;"
              + " give both");
    }
    if (trueScenes && requests.beginsWithScenes()) {
      throw new UsageException(
          "--strength has no effect with --true-scenes, which makes no pictures; leave one out");
    }
    if (trueScenes || requests.beginsWithScenes()) {
      artwork.require();
    }
    if (sheet != null) {
      OutputNames.requireTarget(sheet, overwrite);
    }
    requests.sampling().find(spec.commandLine().getErr(), format.chosen());
    SceneVocabulary vocabulary = SceneVocabulary.standard();
    Path folder = detectorFolder == null ? EmbeddedModel.detector() : detectorFolder;
    try (LoadedDetector detector = LoadedDetector.open(folder)) {
      SceneEvaluation evaluation =
          new SceneEvaluation(detector, SceneEvaluation.prompts(vocabulary, count, placement));
      if (trueScenes) {
        measure(evaluation, vocabulary, folder);
      } else {
        score(evaluation, vocabulary, folder);
      }
    }
    return ExitCode.OK;
  }

  /** The detector alone. */
  private void measure(SceneEvaluation evaluation, SceneVocabulary vocabulary, Path detector) {
    int side = requests.side(TRUE_SIDE);
    Optional<Path> vae =
        requests.sampling().hasModel() ? Optional.of(requests.sampling().vae()) : Optional.empty();
    try (TrueColumns truth = TrueColumns.open(vocabulary, artwork, side, vae)) {
      SceneEvaluation.Result drawn = run("true scenes", evaluation, truth.drawn().orElseThrow());
      String pictures =
          "true scenes, placement %s, side %d"
              .formatted(placement.name().toLowerCase(Locale.ROOT), side);
      Map<String, String> settings = Map.of("pictures", pictures);
      Optional<SceneEvaluation.Result> decoded = decoded(evaluation, truth);
      print(
          new SceneReport(
              settings, Optional.empty(), Optional.of(drawn), decoded, Optional.empty()),
          truth.notes());
      writeSheet(drawn);
      if (saveAccuracy) {
        new DetectorAccuracy(pictures, drawn.scores()).write(detector);
      }
    }
  }

  /** A model's pictures, and the detector on true ones of the same size. */
  private void score(SceneEvaluation evaluation, SceneVocabulary vocabulary, Path detector) {
    try (TextToImage model = requests.sampling().load()) {
      int side = requests.side(model.defaults().width());
      Map<String, String> settings = requests.settings(model, side);
      Optional<Path> vae = Optional.of(requests.sampling().vae());
      try (TrueColumns truth = TrueColumns.open(vocabulary, artwork, side, vae)) {
        SceneEvaluation.Result generated =
            run("pictures", evaluation, requests.painter(model, side, truth.drawn()));
        Optional<SceneEvaluation.Result> drawn =
            truth.drawn().map(painter -> run("true scenes", evaluation, painter));
        Optional<SceneEvaluation.Result> decoded = decoded(evaluation, truth);
        Optional<DetectorAccuracy> stored =
            drawn.isPresent() ? Optional.empty() : DetectorAccuracy.of(detector);
        print(
            new SceneReport(settings, Optional.of(generated), drawn, decoded, stored),
            truth.notes());
        writeSheet(generated);
      }
    }
  }

  private Optional<SceneEvaluation.Result> decoded(SceneEvaluation evaluation, TrueColumns truth) {
    return truth.decoded().map(painter -> run("true scenes, decoded", evaluation, painter));
  }

  private SceneEvaluation.Result run(
      String what, SceneEvaluation evaluation, SceneEvaluation.Painter painter) {
    boolean shown = format.chosen() != OutputFormat.QUIET && Terminal.showsErrors();
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
      SceneSheet.write(sheet, result.pictures(), overwrite ? IfExists.REPLACE : IfExists.REFUSE);
    }
  }

  private void print(SceneReport report, List<String> notes) {
    PrintWriter out = spec.commandLine().getOut();
    switch (format.chosen()) {
      case HUMAN -> {
        out.print(report.human());
        notes.forEach(out::println);
      }
      case JSON -> {
        out.println(report.json());
        notes.forEach(note -> spec.commandLine().getErr().println("lssgen: " + note));
      }
      case QUIET -> {}
    }
    out.flush();
  }
}
