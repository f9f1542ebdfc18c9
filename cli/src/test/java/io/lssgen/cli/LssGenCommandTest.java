package io.lssgen.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

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

  /** Not constants' names, which picocli would offer. */
  @Test
  void shellsAreOfferedNamesAsTheyAreRead() {
    assertThat(run("generate-completion")).isEqualTo(ExitCode.OK);
    assertThat(out.toString())
        .contains("\"dpm++2m_sde\"")
        .contains("\"bf16\"")
        .contains("\"quiet\"");
    allOptions(LssGenCommand.commandLine())
        .filter(option -> option.type().isEnum())
        .forEach(
            option ->
                assertThat(option.completionCandidates())
                    .as(option.longestName())
                    .isNotEmpty()
                    .allSatisfy(name -> assertThat(name).isLowerCase())
                    .allSatisfy(name -> assertThat(offered(option)).contains(name)));
  }

  private static Stream<OptionSpec> allOptions(CommandLine command) {
    return Stream.concat(
        command.getCommandSpec().options().stream(),
        command.getSubcommands().values().stream().flatMap(LssGenCommandTest::allOptions));
  }

  /** What its description says. */
  private static String offered(OptionSpec option) {
    return String.join(" ", option.description());
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

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "frob | no sub-command 'frob', wanted one of generate, serve, train, eval, | lssgen --help",
        "eval frob | no sub-command 'frob', wanted one of autoencoder, | lssgen eval --help",
        "generate a red apple | found 'red', 'apple'; put a text with spaces into quotes | generate",
        "generate --step 3 | generate has no option '--step'; the most similar is --steps (try: | generate --help",
        "serve --after-crash maybe | wanted one of requeue, fail, found 'maybe' | serve --help",
        "serve --port http | option '--port': wanted a whole number up to 2147483647 | serve",
        "serve --drain soon | wanted a whole number up to 9223372036854775807, found 'soon' | serve",
        "eval upsampler --kernel magic | wanted one of nearest, area, bilinear, | upsampler --help",
        "convert a b | missing required option: '--dtype | lssgen convert --help"
      })
  void whatIsWrongIsSaidWithWhatIsWanted(String arguments, String message, String help) {
    assertThat(run(arguments.split(" "))).isEqualTo(ExitCode.USAGE);

    assertThat(err.toString()).matches("lssgen: \\V+\\R").contains(message, help);
    assertThat(out.toString()).isEmpty();
  }

  /** No option is left to picocli's own words, which are the code's and not the help's. */
  @Test
  void everyChoiceAndNumberSaysWhatIsWanted() {
    List<String> asked = new ArrayList<>();
    everyOption(LssGenCommand.commandLine(), asked);

    assertThat(asked).contains("--steps", "--scaling", "--sampling-method", "--kernel", "--queue");
  }

  private void everyOption(CommandLine command, List<String> asked) {
    command.getSubcommands().values().forEach(each -> everyOption(each, asked));
    String[] path = command.getCommandSpec().qualifiedName().split(" ");
    for (OptionSpec option : command.getCommandSpec().options()) {
      Class<?> type = option.type();
      boolean number = type.isPrimitive() || Number.class.isAssignableFrom(type);
      if (option.arity().max() == 1 && (number || type.isEnum() || type == Boolean.class)) {
        String name = option.longestName();
        List<String> arguments = new ArrayList<>(List.of(path).subList(1, path.length));
        arguments.add(name + "=nonsense");
        err.getBuffer().setLength(0);
        assertThat(run(arguments.toArray(new String[0]))).as(name).isEqualTo(ExitCode.USAGE);
        assertThat(err.toString())
            .matches("lssgen: invalid value for option '" + name + "'.*: .*'nonsense'.*\\R")
            .containsPattern("wanted (one of [a-z]|a |true or false)");
        asked.add(name);
      }
    }
  }
}
