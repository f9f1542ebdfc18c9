package io.lssgen.cli;

import io.lssgen.errors.LssGenException;
import io.lssgen.errors.MemoryException;
import io.lssgen.errors.ModelException;
import io.lssgen.errors.UsageException;
import io.lssgen.tensor.TorchException;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Turns a failure into one line on the error stream and an exit code from {@link ExitCode}. */
final class ErrorReport implements IParameterExceptionHandler, IExecutionExceptionHandler {
  /** A longer message loses its middle: it begins with what is wrong and ends with what to do. */
  private static final int LONGEST = 2000;

  private static final int KEPT_END = 400;

  /** What breaks a line, moves a terminal's cursor or turns the direction of writing. */
  private static final Pattern CONTROLS =
      Pattern.compile(
          " *[\\p{Cc}\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069]"
              + "[ \\p{Cc}\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069]*");

  @Override
  public int handleParseException(ParameterException exception, String[] arguments) {
    CommandLine command = exception.getCommandLine();
    String help = "try: " + command.getCommandSpec().qualifiedName() + " --help";
    command.getErr().println("lssgen: " + oneLine(message(exception)) + " (" + help + ")");
    return ExitCode.USAGE;
  }

  /** picocli's message, or a better one for what no option and no parameter takes. */
  private static String message(ParameterException exception) {
    if (!(exception instanceof UnmatchedArgumentException unmatched)) {
      return decapitalized(String.valueOf(exception.getMessage()));
    }
    CommandSpec command = exception.getCommandLine().getCommandSpec();
    String first = unmatched.getUnmatched().get(0);
    if (unmatched.isUnknownOption()) {
      String similar =
          mostSimilar(unmatched.getSuggestions(), first)
              .map(name -> "; the most similar is " + name)
              .orElse("");
      return "%s has no option '%s'%s".formatted(command.name(), first, similar);
    }
    if (!command.subcommands().isEmpty()) {
      return "there is no sub-command '%s', wanted %s".formatted(first, oneOfSubCommands(command));
    }
    return "%s takes no more arguments, found '%s'; put a text with spaces into quotes"
        .formatted(command.name(), String.join("', '", unmatched.getUnmatched()));
  }

  /** A name that was not typed to its end comes before picocli's own choice. */
  private static Optional<String> mostSimilar(List<String> names, String typed) {
    return names.stream()
        .filter(name -> name.startsWith(typed))
        .min(Comparator.comparingInt(String::length))
        .or(() -> names.stream().findFirst());
  }

  /** {@code one of generate, serve}: those of a command. */
  static String oneOfSubCommands(CommandSpec command) {
    return "one of " + String.join(", ", command.subcommands().keySet());
  }

  private static String decapitalized(String message) {
    return message.substring(0, 1).toLowerCase(Locale.ROOT) + message.substring(1);
  }

  /**
   * Reports failures that the library raises on purpose by their message alone; anything else is a
   * defect and keeps its stack trace.
   */
  @Override
  public int handleExecutionException(
      Exception exception, CommandLine command, ParseResult parseResult) throws Exception {
    if (!(exception instanceof LssGenException)) {
      throw exception;
    }
    Exception failure =
        exception instanceof TorchException torch && torch.isOutOfMemory()
            ? MemoryException.of(torch)
            : exception;
    command.getErr().println(line(failure));
    return exitCode(failure);
  }

  private static int exitCode(Exception exception) {
    if (exception instanceof UsageException) {
      return ExitCode.USAGE;
    }
    if (exception instanceof ModelException) {
      return ExitCode.MODEL;
    }
    return exception instanceof MemoryException ? ExitCode.OUT_OF_MEMORY : ExitCode.FAILURE;
  }

  /** The line that reports a failure. */
  static String line(Exception exception) {
    return "lssgen: " + oneLine(exception.getMessage());
  }

  /**
   * A message as one line of bounded length without control characters: names of files and tensors,
   * prompts and other programs' messages get into messages as they are.
   */
  static String oneLine(@Nullable String message) {
    String line = CONTROLS.matcher(String.valueOf(message)).replaceAll(" ").strip();
    if (line.length() <= LONGEST) {
      return line;
    }
    return line.substring(0, LONGEST - KEPT_END) + " … " + line.substring(line.length() - KEPT_END);
  }
}
