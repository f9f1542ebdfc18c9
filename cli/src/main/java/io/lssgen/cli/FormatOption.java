package io.lssgen.cli;

import java.io.PrintWriter;
import java.util.function.Supplier;
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

  /**
   * Reports in the format asked for.
   *
   * @param human lines with their ends
   * @param json one object
   */
  void print(PrintWriter out, Supplier<String> human, Supplier<String> json) {
    switch (format) {
      case HUMAN -> out.print(human.get());
      case JSON -> out.println(json.get());
      case QUIET -> {}
    }
    out.flush();
  }

  /** The format asked for. */
  OutputFormat chosen() {
    return format;
  }
}
