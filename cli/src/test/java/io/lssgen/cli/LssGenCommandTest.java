package io.lssgen.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class LssGenCommandTest {

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... arguments) {
    CommandLine command = LssGenCommand.commandLine();
    command.setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    return command.execute(arguments);
  }

  @Test
  void environmentNamesVersionAndJava() {
    assertThat(run("env")).isEqualTo(ExitCode.OK);

    assertThat(out.toString())
        .containsPattern("(?m)^lssgen +\\d+\\.\\d+\\.\\d+")
        .contains(System.getProperty("java.version"));
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void versionIsTheBuildsOwn() {
    assertThat(run("--version")).isEqualTo(ExitCode.OK);

    assertThat(out.toString()).matches("lssgen \\d+\\.\\d+\\.\\d+(-SNAPSHOT)?\\R");
  }

  @Test
  void noSubCommandIsAUsageErrorOfOneLine() {
    assertThat(run()).isEqualTo(ExitCode.USAGE);

    assertThat(err.toString()).matches("lssgen: no sub-command given, wanted one of .*env.*\\R");
    assertThat(out.toString()).isEmpty();
  }

  @Test
  void unknownFlagIsAUsageErrorOfOneLine() {
    assertThat(run("env", "--colour")).isEqualTo(ExitCode.USAGE);

    assertThat(err.toString()).matches("lssgen: .*--colour.*lssgen env --help.*\\R");
  }
}
