package io.lssgen.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** The command in a process of its own, which can be interrupted. */
final class CommandProcess {
  private static final int PATIENCE_SECONDS = 120;

  private final Process process;
  private final Path said;

  private CommandProcess(Process process, Path said) {
    this.process = process;
    this.said = said;
  }

  /**
   * Starts it.
   *
   * @param said gets what it prints on both streams
   */
  static CommandProcess start(Path said, Object... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    if (signalsAreIgnored()) {
      command.addAll(List.of("env", "--default-signal=INT"));
    }
    String classPath =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    command.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx256m",
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-cp",
            classPath,
            LssGenCommand.class.getName()));
    for (Object argument : arguments) {
      command.add(argument.toString());
    }
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.to(said.toFile()))
            .start();
    return new CommandProcess(process, said);
  }

  /** A background job of a shell ignores Ctrl-C, and a JVM leaves that as it is. */
  static boolean signalsAreIgnored() throws IOException {
    Path status = Path.of("/proc/self/status");
    if (!Files.exists(status)) {
      return false;
    }
    return Files.readAllLines(status).stream()
        .filter(line -> line.startsWith("SigIgn:"))
        .anyMatch(line -> (Long.parseUnsignedLong(line.substring(7).strip(), 16) & 2) != 0);
  }

  /** What it has printed. */
  String said() {
    try {
      return Files.readString(said);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void awaitText(String text) throws InterruptedException {
    await(() -> said().contains(text), "'" + text + "'");
  }

  void await(BooleanSupplier condition, String what) throws InterruptedException {
    for (int i = 0; i < 20 * PATIENCE_SECONDS && process.isAlive(); i++) {
      if (condition.getAsBoolean()) {
        return;
      }
      Thread.sleep(50);
    }
    process.destroyForcibly();
    throw new AssertionError("waited in vain for " + what + ", the process said: " + said());
  }

  /** As Ctrl-C; waits until it is gone, and returns what it ended with. */
  int interrupt() throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start().waitFor();
    if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new AssertionError("it did not end, the process said: " + said());
    }
    return process.exitValue();
  }
}
