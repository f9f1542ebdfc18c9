package io.lssgen.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.lssgen.errors.LssGenException;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Tensors;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Command;

class ErrorReportTest {

  /** A sub-command that does what a test says. */
  @Command(name = "fail")
  private record Failing(Callable<Integer> work) implements Callable<Integer> {
    @Override
    public Integer call() throws Exception {
      return work.call();
    }
  }

  private static CommandRun fail(Callable<Integer> work) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine command = LssGenCommand.commandLine();
    command.addSubcommand(new Failing(work));
    command.setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    int code = command.execute("fail");
    return new CommandRun(code, out.toString(), err.toString());
  }

  private static CommandRun fail(String message) {
    return fail(
        () -> {
          throw new LssGenException(message);
        });
  }

  @Test
  void aHostileMessageStaysOneHarmlessLine() {
    CommandRun run =
        fail("no tensor 'a\nb\r\n  c\u001b[2Jd\u0085e\u2028f\u202eg\u0000h', wanted \ud83d\ude00");

    assertThat(run.err())
        .isEqualTo(
            "lssgen: no tensor 'a b c [2Jd e f g h', wanted \ud83d\ude00" + System.lineSeparator());
    assertThat(run.code()).isEqualTo(ExitCode.FAILURE);
  }

  @Test
  void aFlagIsNoWayAround() {
    CommandRun run = CommandRun.of("env", "--colour\nlssgen: all is well\u001b[2J");

    assertThat(run.err()).matches("lssgen: \\P{Cc}+\\R").contains("--colour lssgen");
    assertThat(run.code()).isEqualTo(ExitCode.USAGE);
  }

  @Test
  void aVeryLongMessageKeepsItsBeginAndItsEnd() {
    String line = fail("begin " + "x".repeat(1_000_000) + " end").err();

    assertThat(line).hasSizeLessThan(2100).startsWith("lssgen: begin x").contains("…");
    assertThat(line.strip()).endsWith("x end");
    String whole = "y".repeat(2000);
    assertThat(fail(whole).err().strip()).isEqualTo("lssgen: " + whole);
  }

  @Test
  void outOfMemoryHasACodeOfItsOwn() {
    CommandRun java = fail(() -> new long[Integer.MAX_VALUE].length);
    CommandRun torch =
        fail(
            () -> {
              Tensors.empty(DType.F32, 1L << 58).close();
              return 0;
            });

    for (CommandRun run : new CommandRun[] {java, torch}) {
      assertThat(run.err()).matches("lssgen: the memory did not suffice: \\V+\\R");
      assertThat(run.code()).isEqualTo(ExitCode.OUT_OF_MEMORY);
    }
  }
}
