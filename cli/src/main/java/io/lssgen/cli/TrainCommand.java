package io.lssgen.cli;

import io.lssgen.train.TrainingLoop;
import io.lssgen.train.TrainingRun;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Trains an autoencoder, a denoiser with its text encoders, a latent upsampler, or a detector. */
@Command(
    name = "train",
    description =
        "Trains a model as a configuration file says; an interrupted run goes on where it was.",
    mixinStandardHelpOptions = true)
final class TrainCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "WHAT",
      description = "what to train: autoencoder, denoiser, upsampler or detector")
  private String kind;

  @Option(
      names = "--config",
      required = true,
      paramLabel = "FILE",
      description = "the run's YAML file; see configs/")
  private Path config;

  @Mixin private ThreadsOption threads = new ThreadsOption();

  @Override
  public Integer call() throws Exception {
    threads.apply();
    PrintStream console = WriterStream.printingTo(spec.commandLine().getOut());
    try (TrainInterrupts interrupts = TrainInterrupts.listen()) {
      return train(interrupts, console);
    }
  }

  private int train(TrainInterrupts interrupts, PrintStream console) throws Exception {
    try (TrainingRun run = TrainingRun.open(kind, config, console)) {
      if (interrupts.begin(run.loop())) {
        boolean finished = run.loop().run() == TrainingLoop.Outcome.FINISHED;
        return finished ? ExitCode.OK : ExitCode.INTERRUPTED;
      }
    } catch (RuntimeException e) {
      if (!interrupts.stoppedBeforeLoop()) {
        throw e;
      }
    }
    console.println("stopped while data were prepared; the same command goes on");
    return ExitCode.INTERRUPTED;
  }
}
