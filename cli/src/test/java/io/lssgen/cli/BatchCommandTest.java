package io.lssgen.cli;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lssgen.image.GenerationMetadata;
import io.lssgen.image.ImageFiles;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files of requests, and what is left of an earlier run. */
class BatchCommandTest extends TinyGeneration {
  private static final String OPENAI =
      "{\"custom_id\": \"two-dogs\", \"method\": \"POST\", \"url\": \"/v1/images/generations\","
          + " \"body\": {\"prompt\": \"a dog\", \"n\": 2, \"size\": \"32x32\", \"seed\": 5,"
          + " \"user\": \"me\", \"pose\": 1}}";

  private Path requests(String... lines) throws IOException {
    return Files.write(folder.resolve("requests.jsonl"), List.of(lines));
  }

  private Path output() {
    return folder.resolve("pictures");
  }

  private CommandRun batch(Path file, Object... more) {
    List<Object> arguments =
        new ArrayList<>(List.of("batch", file, "-m", model, "-o", output(), "--steps", "2"));
    arguments.addAll(Arrays.asList(more));
    return CommandRun.of(arguments.toArray());
  }

  private JsonNode result(int line) throws IOException {
    List<String> lines = Files.readAllLines(output().resolve("results.jsonl"));
    return new ObjectMapper().readTree(lines.get(line));
  }

  private String prompt(String file) {
    return GenerationMetadata.read(output().resolve(file)).orElseThrow().prompt();
  }

  @Test
  void eachLineIsARequest() throws IOException {
    Path file =
        requests("a red apple", "", "{\"prompt\": \"a cat\", \"width\": 32, \"seed\": 7}", OPENAI);

    CommandRun run = batch(file);

    assertThat(run.code()).as(run.err()).isEqualTo(ExitCode.OK);
    assertThat(run.out())
        .contains("3 request(s) made (", "), 0 failed", "4 picture(s)", "results.jsonl");
    assertThat(run.err()).contains("line 4, two-dogs: two-dogs+000.png, two-dogs+001.png");
    assertThat(prompt("000001.png")).isEqualTo("a red apple");
    assertThat(prompt("000003.png")).isEqualTo("a cat");
    assertThat(prompt("two-dogs+001.png")).isEqualTo("a dog");
    assertThat(ImageFiles.read(output().resolve("two-dogs+000.png")).width()).isEqualTo(32);
    assertThat(result(2).get("files")).hasSize(2);
    assertThat(result(2).get("seeds").toString()).isEqualTo("[5,6]");
    assertThat(result(2).get("warnings").toString()).contains("unknown and ignored: pose");
    assertThat(run.err()).contains("(warning: unknown and ignored: pose)");
    assertThat(result(1).has("error")).isFalse();
  }

  @Test
  void picturesAreThoseOfGenerate() throws IOException {
    batch(requests("{\"prompt\": \"a cat\", \"seed\": 7, \"size\": \"32x32\"}"));
    generate("a cat", "-s", "7", "-W", "32", "-H", "32", "--steps", "2", "-o", picture);

    assertThat(ImageFiles.read(output().resolve("000001.png"))).isEqualTo(ImageFiles.read(picture));
  }

  @Test
  void anotherRunMakesWhatIsMissing() throws IOException {
    batch(requests("a cat"));
    byte[] before = Files.readAllBytes(output().resolve("000001.png"));

    CommandRun run = batch(requests("a cat", "a dog"), "--format", "json");

    assertThat(run.code()).as(run.err()).isEqualTo(ExitCode.OK);
    JsonNode summary = new ObjectMapper().readTree(run.out());
    assertThat(summary.get("made").asInt()).isEqualTo(1);
    assertThat(summary.get("made_before").asInt()).isEqualTo(1);
    assertThat(Files.readAllBytes(output().resolve("000001.png"))).isEqualTo(before);
    assertThat(prompt("000002.png")).isEqualTo("a dog");
  }

  @Test
  void whatFailsIsTriedAgainAndHoldsNothingUp() throws IOException {
    String wrong = "{\"prompt\": \"a cat\", \"width\": 33}";
    CommandRun run = batch(requests(wrong, "a dog"));

    assertThat(run.code()).isEqualTo(ExitCode.PARTIAL_BATCH);
    assertThat(run.err()).contains("line 1, 000001: 33x64 does not fit");
    assertThat(result(0).get("error").asText()).contains("33x64");
    assertThat(prompt("000002.png")).isEqualTo("a dog");

    CommandRun again = batch(requests("{\"prompt\": \"a cat\", \"width\": 32}", "a dog"));
    assertThat(again.code()).as(again.err()).isEqualTo(ExitCode.OK);
    assertThat(again.out()).contains("1 request(s) made, 0 failed, 1 made before");
  }

  @Test
  void nothingThatWorksIsAFailure() throws IOException {
    assertThat(batch(requests("{\"prompt\": \"a cat\", \"width\": 33}")).code())
        .isEqualTo(ExitCode.FAILURE);
  }

  @Test
  void aFailureOfAllRequestsEndsTheRun() throws IOException {
    String[] lines = new String[30];
    Arrays.fill(lines, "{\"prompt\": \"a cat\", \"width\": 33}");
    CommandRun run = batch(requests(lines));
    assertThat(run.code()).isEqualTo(ExitCode.FAILURE);
    assertThat(run.err()).contains("the same 20 times in a row");
    assertThat(run.out()).contains("20 failed", "not all were tried");
  }

  @Test
  void filesForOpenAiWorkAsTheyAre() throws IOException {
    CommandRun run =
        batch(
            requests(
                "{\"custom_id\": \"a\", \"body\": {\"prompt\": \"a cat\", \"model\":"
                    + " \"gpt-image-1\", \"output_format\": \"jpeg\", \"quality\": \"high\"}}"));
    assertThat(run.code()).as(run.err()).isEqualTo(ExitCode.OK);
    assertThat(result(0).get("warnings").toString())
        .contains("model has no effect", "output_format has no effect", "quality has no effect")
        .doesNotContain("unknown");
  }

  @Test
  void aLoraThatIsMissingIsItsRequestsFailure() throws IOException {
    CommandRun run = batch(requests("a cat <lora:none:1>", "a dog"), "--lora-dir", folder);
    assertThat(run.code()).isEqualTo(ExitCode.PARTIAL_BATCH);
    assertThat(prompt("000002.png")).isEqualTo("a dog");
  }

  @Test
  void optionsGoBeforeWhatLinesSay() throws IOException {
    batch(requests("{\"prompt\": \"a cat\", \"steps\": 7}"));
    assertThat(GenerationMetadata.read(output().resolve("000001.png")).orElseThrow().settings())
        .containsEntry("Steps", "2");
  }

  @Test
  void picturesArePartsOfRequests() throws IOException {
    generate("a cat", "-W", "32", "-H", "32", "-o", picture);
    String image = Base64.getEncoder().encodeToString(Files.readAllBytes(picture));
    CommandRun run =
        batch(
            requests(
                "{\"prompt\": \"a dog\", \"image\": \"%s\", \"width\": 32, \"height\": 32}"
                    .formatted(image)));
    assertThat(run.code()).as(run.err()).isEqualTo(ExitCode.OK);
    assertThat(GenerationMetadata.read(output().resolve("000001.png")).orElseThrow().settings())
        .containsEntry("Denoising strength", "0.75");
  }

  @Test
  void textsOfOtherEditorsAreRead() throws IOException {
    Path file = folder.resolve("requests.jsonl");
    Files.writeString(file, "\ufeff{\"prompt\": \"a cat\"}\r\na dög\r\n");
    assertThat(batch(file).code()).isEqualTo(ExitCode.OK);
    assertThat(prompt("000001.png")).isEqualTo("a cat");
    assertThat(prompt("000002.png")).isEqualTo("a dög");
  }

  @Test
  void aPictureThatIsGoneIsMadeAgain() throws IOException {
    batch(requests("a cat", "a dog"));
    Files.delete(output().resolve("000002.png"));
    assertThat(batch(requests("a cat", "a dog")).out())
        .contains("1 request(s) made", "1 made before");
    assertThat(output().resolve("000002.png")).exists();
  }

  @Test
  void otherOptionsWantAnotherFolder() throws IOException {
    batch(requests("a cat"));
    CommandRun run = batch(requests("a cat", "a dog"), "--guidance", "2");
    assertThat(run.code()).isEqualTo(ExitCode.USAGE);
    assertThat(run.err()).contains("line 1, '000001'", "other options");
    assertThat(batch(requests("a cat"), "--guidance", "-1").err()).contains("found -1.0");
  }

  @Test
  void resultsOfOthersAreLeftAlone() throws IOException {
    Files.createDirectories(output());
    Path results = output().resolve("results.jsonl");
    for (String foreign : new String[] {"{\"score\": 1}\n", "{\"score\": 1}", "a cat"}) {
      Files.writeString(results, foreign);
      CommandRun run = batch(requests("a cat"));
      assertThat(run.code()).as(foreign).isEqualTo(ExitCode.USAGE);
      assertThat(run.err()).contains("something else than a batch's results");
      assertThat(results).hasContent(foreign);
    }
  }

  @Test
  void oneProcessWorksOnAPart() throws IOException {
    Path file = requests("a cat", "a dog");
    batch(file);
    try (FileChannel other =
            FileChannel.open(output().resolve("results.jsonl"), StandardOpenOption.WRITE);
        FileLock lock = other.lock(Long.MAX_VALUE - 1, 1, false)) {
      assertThat(lock.isValid()).isTrue();
      for (String[] more : new String[][] {{}, {"--shard", "1/2"}}) {
        CommandRun run = batch(file, (Object[]) more);
        assertThat(run.code()).isEqualTo(ExitCode.USAGE);
        assertThat(run.err()).contains("another process works on", "results.jsonl");
      }
    }
  }

  @Test
  void partsShareTheWork() throws IOException {
    Path file = requests("a cat", "", "a dog", "", "an owl");
    assertThat(batch(file, "--shard", "2/2").code()).isEqualTo(ExitCode.OK);
    assertThat(output().resolve("000003.png")).exists();
    assertThat(output().resolve("000001.png")).doesNotExist();
    assertThat(batch(file, "--shard", "1/2").out()).contains("2 request(s) made");
    assertThat(output().resolve("results-1-of-2.jsonl")).exists();
    assertThat(batch(file).out()).as("by any part").contains("0 request(s) made", "3 made before");
  }

  @Test
  void aLineThatACrashCutOffIsMadeAgain() throws IOException {
    Path file = requests("a cat", "{\"prompt\": \"a dög\", \"ä\": 1}");
    batch(file);
    Path results = output().resolve("results.jsonl");
    byte[] bytes = Files.readAllBytes(results);
    int umlaut = new String(bytes, ISO_8859_1).indexOf('\u00c3'); // in the warning
    assertThat(umlaut).isPositive();
    Files.write(results, Arrays.copyOf(bytes, umlaut + 1));

    assertThat(batch(file).out())
        .contains("1 request(s) made (1 with warnings), 0 failed, 1 made before");
    assertThat(Files.readAllLines(results)).hasSize(2);

    Files.writeString(results, "no result\n" + Files.readString(results));
    CommandRun damaged = batch(file);
    assertThat(damaged.code()).isEqualTo(ExitCode.USAGE);
    assertThat(damaged.err()).contains("something else than a batch's results after its first 0");
    assertThat(Files.readAllLines(results)).as("as it was").hasSize(3);
  }

  @Test
  void anotherRequestUnderAnOldNameIsRefused() throws IOException {
    batch(requests("a cat"));
    CommandRun run = batch(requests("a dog"));
    assertThat(run.code()).isEqualTo(ExitCode.USAGE);
    assertThat(run.err()).contains("line 1, '000001'", "name another folder");
  }

  @Test
  void foldersOfOtherThingsAreLeftAlone() throws IOException {
    Files.createDirectories(output());
    Files.writeString(output().resolve("000001.png"), "mine");
    CommandRun run = batch(requests("a cat"));
    assertThat(run.code()).isEqualTo(ExitCode.USAGE);
    assertThat(run.err()).contains("holds other files");
    assertThat(output().resolve("000001.png")).hasContent("mine");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"prompt\": | line 2: a line that begins with { wants a whole JSON object",
        "[{\"prompt\": \"a\"}] | found one that begins with [",
        "{\"prompt\": \"a\", \"custom_id\": \"con.1\"} | is no device",
        "{\"body\": {\"prompt\": \"a\"}, \"seed\": 7} | seed stands beside body",
        "{\"prompt\": \"a\", \"custom_id\": \"../x\"} | line 2: custom_id names the picture's file",
        "{\"prompt\": \"a\", \"custom_id\": \"000001\"} | the id '000001' is that of line 1",
        "{\"body\": {}, \"url\": \"/v1/chat/completions\"} | found POST /v1/chat/completions",
        "{\"body\": \"a cat\"} | body wants an object"
      })
  void linesAreCheckedBeforeAnythingIsMade(String line, String message) throws IOException {
    CommandRun run = batch(requests("a cat", line));
    assertThat(run.code()).isEqualTo(ExitCode.USAGE);
    assertThat(run.err()).contains(message);
    assertThat(output()).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(strings = {"0/2", "3/2", "2", "a/b", "1/0"})
  void partsThatAreNoneAreRefused(String shard) throws IOException {
    CommandRun run = batch(requests("a cat"), "--shard", shard);
    assertThat(run.code()).isEqualTo(ExitCode.USAGE);
    assertThat(run.err()).contains("'" + shard + "'");
  }

  @Test
  void filesThatAreNoneAreRefused() throws IOException {
    assertThat(batch(folder.resolve("none.jsonl")).err()).contains("none.jsonl", "no such file");
    assertThat(batch(requests("", " ")).err()).contains("holds no requests");
    Path binary = Files.write(folder.resolve("binary"), new byte[] {(byte) 0xc3, 0x28});
    assertThat(batch(binary).err()).contains("no UTF-8");
  }
}
