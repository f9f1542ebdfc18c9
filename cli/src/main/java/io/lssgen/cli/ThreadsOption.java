package io.lssgen.cli;

import io.lssgen.errors.UsageException;
import io.lssgen.tensor.TorchRuntime;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How many threads tensor operations use. */
final class ThreadsOption {
  @Option(
      names = {"-t", "--threads"},
      paramLabel = "N",
      description = "Threads of tensor operations. Default: one for each processor.")
  private @Nullable Integer threads;

  /**
   * Makes tensor operations use as many threads as was asked for.
   *
   * @throws UsageException if that is none
   */
  void apply() {
    if (threads == null) {
      return;
    }
    if (threads < 1 || threads > TorchRuntime.MAXIMUM_THREADS) {
      throw new UsageException(
          "threads must be from 1 to %d, found %d"
              .formatted(TorchRuntime.MAXIMUM_THREADS, threads));
    }
    TorchRuntime.threads(threads);
  }
}
