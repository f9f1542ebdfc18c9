package io.lssgen.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class EvalScenesCommandTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... arguments) {
    CommandLine command = LssGenCommand.commandLine();
    command.setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    return command.execute(arguments);
  }

  @Test
  void nothingToMeasureIsAUsageErrorOfOneLine() {
    assertThat(run("eval")).isEqualTo(ExitCode.USAGE);
    assertThat(err.toString()).matches("lssgen: nothing to measure, wanted one of .*scenes.*\\R");
  }

  @Test
  void aDetectorThatIsMissingIsNamed(@TempDir Path folder) {
    Path missing = folder.resolve("detector");
    assertThat(run("eval", "scenes", "--detector", missing.toString())).isEqualTo(ExitCode.MODEL);
    assertThat(err.toString()).startsWith("lssgen: " + missing).hasLineCount(1);
    assertThat(out.toString()).isEmpty();
  }

  @Test
  void trueScenesWithoutArtworkSayWhereItComesFrom(@TempDir Path folder) {
    Path missing = folder.resolve("artwork");
    assertThat(run("eval", "scenes", "--true-scenes", "--artwork", missing.toString()))
        .isEqualTo(ExitCode.USAGE);
    assertThat(err.toString()).contains(missing.toString(), "fetch-emoji.sh").hasLineCount(1);
  }

  @Test
  void noThreadsIsAUsageError() {
    assertThat(run("eval", "scenes", "--threads", "0")).isEqualTo(ExitCode.USAGE);
    assertThat(err.toString()).contains("threads must be at least 1, found 0");
  }

  @Test
  void anAutoencoderIsMeasuredOnSidesThatItCanEncode(@TempDir Path folder) {
    String artwork = folder.toString();
    assertThat(run("eval", "autoencoder", "--artwork", artwork, "--side", "250"))
        .isEqualTo(ExitCode.USAGE);
    assertThat(err.toString()).contains("multiple of 16, found 250").hasLineCount(1);
  }

  @Test
  void anAutoencoderWantsArtworkToo(@TempDir Path folder) {
    Path missing = folder.resolve("artwork");
    assertThat(run("eval", "autoencoder", "--artwork", missing.toString()))
        .isEqualTo(ExitCode.USAGE);
    assertThat(err.toString()).contains(missing.toString(), "fetch-emoji.sh").hasLineCount(1);
  }
}
