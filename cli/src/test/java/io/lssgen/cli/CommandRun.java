package io.lssgen.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import picocli.CommandLine;

/**
 * What one run of the command left, executed in this process.
 *
 * @param code what the process would end with
 * @param out its standard output
 * @param err its error stream
 */
record CommandRun(int code, String out, String err) {

  static CommandRun of(Object... arguments) {
    return of(LssGenCommand.commandLine(), arguments);
  }

  static CommandRun of(CommandLine command, Object... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    command.setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    String[] texts = new String[arguments.length];
    for (int i = 0; i < texts.length; i++) {
      texts[i] = arguments[i].toString();
    }
    int code = command.execute(texts);
    return new CommandRun(code, out.toString(), err.toString());
  }
}
