package io.lssgen.cli;

import io.lssgen.errors.LssGenException;
import io.lssgen.errors.MemoryException;
import io.lssgen.errors.ModelException;
import io.lssgen.errors.UsageException;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** Turns a failure into one line on the error stream and an exit code from {@link ExitCode}. */
final class ErrorReport implements IParameterExceptionHandler, IExecutionExceptionHandler {

  @Override
  public int handleParseException(ParameterException exception, String[] arguments) {
    CommandLine command = exception.getCommandLine();
    String help = "try: " + command.getCommandSpec().qualifiedName() + " --help";
    command.getErr().println("lssgen: " + exception.getMessage() + " (" + help + ")");
    return ExitCode.USAGE;
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
    command.getErr().println("lssgen: " + exception.getMessage());
    return exitCode(exception);
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
}
