package io.lssgen.cli;

import io.lssgen.errors.LssGenException;
import io.lssgen.pipeline.TextToImage;
import io.lssgen.sampling.Cancellation;
import io.lssgen.sampling.CancelledException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Makes the pictures of many requests, and goes on where an earlier run ended. */
@Command(
    name = "batch",
    description =
        "Makes the pictures of a file of requests: one a line, a prompt or a JSON object with the"
            + " fields of POST /v1/images/generations, also as OpenAI's batches have it. Pictures"
            + " are named by custom_id or the line's number, and results.jsonl tells what became of"
            + " each. The same command again makes what is missing.",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    abbreviateSynopsis = true,
    footer = {
      "",
      "Options of sampling change what requests say. Exit codes: 0 all made, 1 none, 2 usage,",
      "3 model missing or corrupt, 5 some failed, 130 interrupted.",
      "Ctrl-C once finishes the picture under way, twice aborts."
    })
final class BatchCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "FILE", description = "The requests (UTF-8).")
  private Path file;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "DIR",
      required = true,
      description = "Where pictures and results go: a new folder, or that of an earlier run.")
  private Path output;

  @Option(
      names = "--shard",
      paramLabel = "I/N",
      description =
          "Make every Nth request alone, from the Ith on: N machines with one folder share the"
              + " work. On one machine, give each process its --threads.")
  private @Nullable String shard;

  @Mixin private SamplingOptions sampling = new SamplingOptions();

  @Mixin private FormatOption format = new FormatOption();

  @Override
  public Integer call() {
    BatchFile requests = new BatchFile(file);
    Shard part = shard == null ? Shard.WHOLE : Shard.parse(shard);
    sampling.request("checks the options").build();
    requests.check();
    sampling.applyThreads();
    sampling.find(err(), format.chosen());
    Cancellation cancellation = new Cancellation();
    try (BatchResults results = BatchResults.open(output, part);
        TextToImage model = sampling.load(true);
        Interrupts interrupts = Interrupts.listen(cancellation, err())) {
      BatchRun run = new BatchRun(model, sampling, output, results, cancellation);
      requests.each(run::check);
      boolean whole = make(run, requests, part);
      print(run.summary(whole));
      return run.exitCode(whole);
    }
  }

  /** Whether it came to the end. What cannot go on says what it did. */
  private boolean make(BatchRun run, BatchFile requests, Shard part) {
    try {
      return requests.each(line -> take(run, part, line)) && !run.isGivenUp();
    } catch (CancelledException e) {
      err().println("lssgen: aborted");
      return false;
    } catch (LssGenException e) {
      print(run.summary(false));
      throw e;
    }
  }

  private boolean take(BatchRun run, Shard part, BatchFile.Line line) {
    if (!part.has(line.position())) {
      return true;
    }
    if (run.isStopped()) {
      return false;
    }
    String outcome = run.take(line);
    if (format.chosen() != OutputFormat.QUIET && !outcome.isEmpty()) {
      err().println("line %d, %s: %s".formatted(line.number(), line.id(), outcome));
      err().flush();
    }
    return true;
  }

  private void print(BatchRun.Summary summary) {
    format.print(spec.commandLine().getOut(), summary::human, summary::json);
  }

  private PrintWriter err() {
    return spec.commandLine().getErr();
  }
}
