package io.lssgen.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lssgen.image.GenerationMetadata;
import io.lssgen.image.ImageFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
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
          + " \"user\": \"me\"}}";

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
    assertThat(run.out()).contains("3 request(s) made, 0 failed", "4 picture(s)", "results.jsonl");
    assertThat(run.err()).contains("line 4, two-dogs: two-dogs+000.png, two-dogs+001.png");
    assertThat(prompt("000001.png")).isEqualTo("a red apple");
    assertThat(prompt("000003.png")).isEqualTo("a cat");
    assertThat(prompt("two-dogs+001.png")).isEqualTo("a dog");
    assertThat(ImageFiles.read(output().resolve("two-dogs+000.png")).width()).isEqualTo(32);
    assertThat(result(2).get("files")).hasSize(2);
    assertThat(result(2).get("seeds").toString()).isEqualTo("[5,6]");
    assertThat(result(2).get("warnings").toString()).contains("unknown and ignored: user");
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
    assertThat(batch(requests(wrong), "-o", folder.resolve("other")).code())
        .as("the option is there twice")
        .isEqualTo(ExitCode.USAGE);
  }

  @Test
  void nothingThatWorksIsAFailure() throws IOException {
    CommandRun run = batch(requests("{\"prompt\": \"a cat\", \"model\": \"gpt-image-1\"}"));
    assertThat(run.code()).isEqualTo(ExitCode.FAILURE);
    assertThat(run.err()).contains("'gpt-image-1'", "leave it out");
  }

  @Test
  void partsShareTheWork() throws IOException {
    Path file = requests("a cat", "a dog", "an owl");
    assertThat(batch(file, "--shard", "2/2").code()).isEqualTo(ExitCode.OK);
    assertThat(output().resolve("000002.png")).exists();
    assertThat(output().resolve("000001.png")).doesNotExist();
    assertThat(batch(file, "--shard", "1/2").out()).contains("2 request(s) made");
    assertThat(output().resolve("results-1-of-2.jsonl")).exists();
    assertThat(batch(file).out()).as("by any part").contains("0 request(s) made", "3 made before");
  }

  @Test
  void aLineThatACrashCutOffIsMadeAgain() throws IOException {
    Path file = requests("a cat", "a dog");
    batch(file);
    Path results = output().resolve("results.jsonl");
    byte[] bytes = Files.readAllBytes(results);
    Files.write(results, Arrays.copyOf(bytes, bytes.length - 5));

    assertThat(batch(file).out()).contains("1 request(s) made, 0 failed, 1 made before");
    assertThat(Files.readAllLines(results)).hasSize(2);

    Files.writeString(results, "no result\n" + Files.readString(results));
    CommandRun damaged = batch(file);
    assertThat(damaged.code()).isEqualTo(ExitCode.USAGE);
    assertThat(damaged.err()).contains("results.jsonl is damaged after its first 0 bytes");
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
        "{\"prompt\": | line 2: the body is not the JSON it should be",
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
