package io.lssgen.cli;

import io.lssgen.train.TrainingLoop;
import io.lssgen.train.TrainingRun;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
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
    CountDownLatch ended = new CountDownLatch(1);
    try (TrainingRun run = TrainingRun.open(kind, config, console)) {
      // The latch opens once all is closed: no native memory may be freed while the process ends.
      Runtime.getRuntime()
          .addShutdownHook(new Thread(() -> saveAndEnd(run.loop(), ended), "interrupt"));
      boolean stopped = run.loop().run() == TrainingLoop.Outcome.STOPPED;
      return stopped ? ExitCode.INTERRUPTED : ExitCode.OK;
    } finally {
      ended.countDown();
    }
  }

  /** The process lives until this returns: the step in work ends and the state is saved. */
  private static void saveAndEnd(TrainingLoop loop, CountDownLatch ended) {
    loop.stop();
    try {
      ended.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
