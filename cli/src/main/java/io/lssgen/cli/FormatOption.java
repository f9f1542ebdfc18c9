package io.lssgen.cli;

import picocli.CommandLine.Option;

/** How a command reports what it did. */
final class FormatOption {
  @Option(
      names = "--format",
      completionCandidates = Choices.Formats.class,
      paramLabel = "FORMAT",
      defaultValue = "human",
      description = "Report as human (default), json or quiet.")
  private OutputFormat format = OutputFormat.HUMAN;

  /** The format asked for. */
  OutputFormat chosen() {
    return format;
  }
}
