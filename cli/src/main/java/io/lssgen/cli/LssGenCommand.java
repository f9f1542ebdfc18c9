package io.lssgen.cli;

import io.lssgen.errors.MemoryException;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExecutionException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.RunLast;
import picocli.CommandLine.Spec;

/** The {@code lssgen} command; each of its sub-commands is a class of its own. */
@Command(
    name = "lssgen",
    description = "Makes pictures from text, fast, by latent space scaling.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    subcommands = {
      GenerateCommand.class,
      ServeCommand.class,
      TrainCommand.class,
      EvalCommand.class,
      BatchCommand.class,
      BenchCommand.class,
      ConvertCommand.class,
      InspectCommand.class,
      EnvCommand.class,
      DoctorCommand.class,
      AutoComplete.GenerateCompletion.class
    })
public final class LssGenCommand implements Runnable {

  @Spec private CommandSpec spec;

  /** Reports that a sub-command is needed: the command alone does nothing. */
  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "no sub-command given, wanted " + ErrorReport.oneOfSubCommands(spec));
  }

  /** Returns the command line, ready to be executed: the same for the process and for tests. */
  static CommandLine commandLine() {
    ErrorReport report = new ErrorReport();
    return OptionValues.register(new CommandLine(new LssGenCommand()))
        .setParameterExceptionHandler(report)
        .setExecutionExceptionHandler(report)
        .setExecutionStrategy(LssGenCommand::run)
        .setExpandAtFiles(false); // a prompt may begin with @
  }

  /** Out of memory is an Error, and those pass by picocli's handler of exceptions. */
  private static int run(ParseResult parsed) {
    try {
      return new RunLast().execute(parsed);
    } catch (OutOfMemoryError e) {
      CommandLine command = parsed.commandSpec().commandLine();
      throw new ExecutionException(command, "out of memory", MemoryException.of(e));
    }
  }

  /** Runs the command and ends the process with one of {@link ExitCode}. */
  public static void main(String[] arguments) {
    int code = commandLine().execute(arguments);
    if (code == ExitCode.OK && System.out.checkError()) {
      System.err.println(
          "lssgen: standard output takes no more, so the report is not whole; what was made is in its files");
      code = ExitCode.FAILURE;
    }
    System.exit(code);
  }
}
