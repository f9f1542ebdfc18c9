package io.lssgen.cli;

import io.lssgen.errors.UsageException;
import io.lssgen.pipeline.GenerationListener;
import io.lssgen.pipeline.GenerationRequest;
import io.lssgen.pipeline.GenerationTimes;
import io.lssgen.pipeline.Recipe;
import io.lssgen.pipeline.TextToImage;
import io.lssgen.sampling.Cancellation;
import io.lssgen.sampling.CancelledException;
import io.lssgen.sampling.StagePlan;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Measures how much faster scaling makes a model on this machine. */
@Command(
    name = "bench",
    description =
        "Makes the same picture scaled and plain, turn about, and compares the seconds of each part."
            + " The machine should have nothing else to do.",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    abbreviateSynopsis = true)
final class BenchCommand implements Callable<Integer> {
  private static final long SEED = 1;

  private static final int MAXIMUM_RUNS = 1000;

  @Spec private CommandSpec spec;

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "PROMPT",
      defaultValue = "a red apple",
      description = "What the picture shows. Default: a red apple.")
  private String prompt;

  @Option(
      names = "--runs",
      paramLabel = "N",
      defaultValue = "3",
      description = "Pictures of each kind. Default: 3.")
  private int runs;

  @Mixin private SizeOptions size = new SizeOptions();

  @Mixin private SamplingOptions sampling = new SamplingOptions();

  @Mixin private FormatOption format = new FormatOption();

  @Override
  public Integer call() {
    if (runs < 1 || runs > MAXIMUM_RUNS) {
      throw new UsageException(
          "--runs must be from 1 to %d, found %d".formatted(MAXIMUM_RUNS, runs));
    }
    GenerationRequest scaled = request().build();
    if (scaled.plain()) {
      throw new UsageException("bench compares with plain pictures in any case; drop --plain");
    }
    sampling.applyThreads();
    sampling.find(err(), format.chosen());
    try (TextToImage model = sampling.load()) {
      Recipe recipe = model.recipe(scaled);
      requireScaling(recipe);
      if (format.chosen() == OutputFormat.HUMAN) {
        model
            .warnings(recipe)
            .forEach(text -> err().println("lssgen: warning: " + ErrorReport.oneLine(text)));
      }
      GenerationRequest plain = request().plain(true).build();
      BenchReport report =
          measure(model, new BenchReport(model.recipe(plain), recipe, List.of()), plain, scaled);
      if (report.runs() > 0) {
        print(report);
        return report.runs() == runs ? ExitCode.OK : ExitCode.INTERRUPTED;
      }
    }
    err().println("lssgen: aborted before anything was measured");
    return ExitCode.INTERRUPTED;
  }

  private static void requireScaling(Recipe recipe) {
    StagePlan plan = recipe.plan();
    if (plan.stages().size() == 1) {
      throw new UsageException(
          "nothing is scaled at %dx%d: wanted two stages at least; name a larger size by -W and -H, or a --min-size below %d"
              .formatted(plan.last().width(), plan.last().height(), plan.options().minSize()));
    }
  }

  private GenerationRequest.Builder request() {
    GenerationRequest.Builder builder = sampling.request(prompt).seed(SEED).keepImages(false);
    size.apply(builder);
    return builder;
  }

  /**
   * One pair that does not count, so that files are mapped and memory is there; then pairs, each
   * begun with the other kind.
   */
  private BenchReport measure(
      TextToImage model, BenchReport begun, GenerationRequest plain, GenerationRequest scaled) {
    BenchReport report = begun;
    Cancellation cancellation = new Cancellation();
    try (Interrupts interrupts = Interrupts.listen(cancellation, err())) {
      for (int i = 0; i <= runs; i++) {
        boolean plainFirst = i % 2 == 0;
        GenerationTimes first = run(model, plainFirst ? plain : scaled, cancellation);
        GenerationTimes second = run(model, plainFirst ? scaled : plain, cancellation);
        if (i > 0) {
          report = report.with(plainFirst ? first : second, plainFirst ? second : first);
        }
      }
    } catch (CancelledException e) {
      // What was measured before is true nevertheless.
    }
    return report;
  }

  private GenerationTimes run(
      TextToImage model, GenerationRequest request, Cancellation cancellation) {
    if (cancellation.stopsAfterImage()) {
      cancellation.cancel();
    }
    cancellation.check();
    boolean shown = format.chosen() != OutputFormat.QUIET && Terminal.showsErrors();
    try (ProgressDisplay progress = new ProgressDisplay(1, err())) {
      return model
          .generate(request, shown ? progress : GenerationListener.NONE, cancellation)
          .times();
    }
  }

  private void print(BenchReport report) {
    format.print(spec.commandLine().getOut(), report::human, report::json);
  }

  private PrintWriter err() {
    return spec.commandLine().getErr();
  }
}
