package io.lssgen.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Measures models; what is measured is a sub-command. */
@Command(
    name = "eval",
    description = "Measures a model.",
    mixinStandardHelpOptions = true,
    subcommands = {
      EvalAutoencoderCommand.class,
      EvalScenesCommand.class,
      EvalUpsamplerCommand.class
    })
final class EvalCommand implements Runnable {

  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "nothing to measure, wanted " + ErrorReport.oneOfSubCommands(spec));
  }
}
