package io.lssgen.cli;

import io.lssgen.errors.UsageException;
import io.lssgen.pipeline.GenerationListener;
import io.lssgen.pipeline.GenerationRequest;
import io.lssgen.pipeline.GenerationTimes;
import io.lssgen.pipeline.TextToImage;
import io.lssgen.sampling.Cancellation;
import io.lssgen.sampling.CancelledException;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
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

  /** Enough that every weight is read once, whatever the sampling method. */
  private static final int WARM_UP_STEPS = 4;

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

  @Option(
      names = {"-W", "--width"},
      paramLabel = "PIXELS",
      description = "Width. Default: the model's.")
  private @Nullable Integer width;

  @Option(
      names = {"-H", "--height"},
      paramLabel = "PIXELS",
      description = "Height. Default: the model's.")
  private @Nullable Integer height;

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
      BenchReport report = measure(model, request().plain(true).build(), scaled);
      if (report.runs() > 0) {
        print(report);
        return report.runs() == runs ? ExitCode.OK : ExitCode.INTERRUPTED;
      }
    } catch (CancelledException e) {
      // As when it was asked to stop before the first pair was whole.
    }
    err().println("lssgen: aborted");
    return ExitCode.INTERRUPTED;
  }

  private GenerationRequest.Builder request() {
    GenerationRequest.Builder builder = sampling.request(prompt).seed(SEED).keepImages(false);
    SamplingOptions.set(width, builder::width);
    SamplingOptions.set(height, builder::height);
    return builder;
  }

  /** Few steps of both kinds first, so that files are mapped and memory is there. */
  private BenchReport measure(
      TextToImage model, GenerationRequest plain, GenerationRequest scaled) {
    BenchReport report = BenchReport.of(model.recipe(plain), model.recipe(scaled));
    int few = Math.min(WARM_UP_STEPS, report.plain().recipe().plan().requestedSteps());
    Cancellation cancellation = new Cancellation();
    try (Interrupts interrupts = Interrupts.listen(cancellation, err())) {
      run(model, request().steps(few).plain(true).build(), cancellation);
      run(model, request().steps(few).build(), cancellation);
      for (int i = 0; i < runs && !cancellation.stopsAfterImage(); i++) {
        GenerationTimes whole = run(model, plain, cancellation);
        report = report.with(whole, run(model, scaled, cancellation));
      }
    }
    return report;
  }

  private GenerationTimes run(
      TextToImage model, GenerationRequest request, Cancellation cancellation) {
    boolean shown = format.chosen() != OutputFormat.QUIET && Terminal.showsErrors();
    try (ProgressDisplay progress = new ProgressDisplay(1, err())) {
      return model
          .generate(request, shown ? progress : GenerationListener.NONE, cancellation)
          .times();
    }
  }

  private void print(BenchReport report) {
    PrintWriter out = spec.commandLine().getOut();
    switch (format.chosen()) {
      case HUMAN -> out.print(report.human());
      case JSON -> out.println(report.json());
      case QUIET -> {}
    }
    out.flush();
  }

  private PrintWriter err() {
    return spec.commandLine().getErr();
  }
}
