package io.lssgen.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class BenchCommandTest extends TinyGeneration {

  private static CommandRun bench(Object... more) {
    List<Object> arguments = new ArrayList<>(List.of("bench", "-m", model, "--steps", "4"));
    arguments.addAll(Arrays.asList(more));
    return CommandRun.of(arguments.toArray());
  }

  @Test
  void bothKindsAreMeasuredInOneRun() throws IOException {
    CommandRun run = bench("--runs", "2", "--min-size", "32", "-W", "64", "--format", "json");

    assertThat(run.code()).as(run.err()).isEqualTo(ExitCode.OK);
    JsonNode report = new ObjectMapper().readTree(run.out());
    JsonNode plain = report.get("ways").get(0);
    JsonNode scaled = report.get("ways").get(1);
    assertThat(plain.get("name").asText()).isEqualTo("plain");
    assertThat(plain.get("plan").get("stages")).hasSize(1);
    assertThat(plain.get("total")).hasSize(2);
    assertThat(scaled.get("name").asText()).isEqualTo("neural");
    assertThat(scaled.get("plan").get("stages")).hasSize(2);
    assertThat(scaled.get("medians").get("denoise")).hasSize(2);
    double mean =
        (scaled.get("total").get(0).asDouble() + scaled.get("total").get(1).asDouble()) / 2;
    assertThat(scaled.get("medians").get("total").asDouble()).isEqualTo(mean);
    assertThat(report.get("speedup").asDouble())
        .isEqualTo(plain.get("medians").get("total").asDouble() / mean);
    assertThat(files()).as("nothing is written").isEmpty();
  }

  @Test
  void aTableNamesStagesAndTheRatio() {
    CommandRun run = bench("--runs", "1", "--min-size", "32", "--scaling", "bicubic");

    assertThat(run.code()).as(run.err()).isEqualTo(ExitCode.OK);
    assertThat(run.out())
        .contains("64x64, 4 steps, fp32", "medians of 1")
        .containsPattern("(?m)^plain +\\d.* \\(64x64, 4 steps\\)$")
        .containsPattern("(?m)^bicubic +\\d.* \\(32x32, .*\\) \\+ .* \\(64x64, ")
        .containsPattern("(?m)^scaled is \\d+\\.\\d\\d times as fast$");
  }

  @Test
  void whatMakesNoSenseIsRefused() {
    assertThat(bench("--runs", "0").err()).contains("--runs must be from 1 to 1000, found 0");
    assertThat(bench("--plain").err()).contains("drop --plain");
    CommandRun wrong = bench("-W", "65");
    assertThat(wrong.code()).isEqualTo(ExitCode.USAGE);
    assertThat(wrong.err()).contains("65x64");
  }
}
