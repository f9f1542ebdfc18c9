package io.lssgen.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lssgen.pipeline.GenerationRequest;
import io.lssgen.pipeline.GenerationTimes;
import io.lssgen.pipeline.PipelineLoader;
import io.lssgen.pipeline.Recipe;
import io.lssgen.pipeline.TextToImage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.DoubleStream;
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
    assertThat(report.get("speedups")).hasSize(2);
    assertThat(scaled.get("settings").get("Seed").asText()).isEqualTo("1");
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
        .containsPattern("(?m)^scaled is \\d+\\.\\d\\d times as fast \\(");
  }

  /** Of numbers that tell first, mean and median apart. */
  @Test
  void mediansAreOfPairs() throws IOException {
    assertThat(BenchReport.median(DoubleStream.of(9, 1, 2))).isEqualTo(2);
    assertThat(BenchReport.median(DoubleStream.of(9, 1, 2, 4))).isEqualTo(3);
    try (TextToImage opened = PipelineLoader.of(model).load()) {
      Recipe recipe = opened.recipe(GenerationRequest.builder("a cat").plain(true).build());
      BenchReport report =
          new BenchReport(recipe, recipe, List.of())
              .with(seconds(4), seconds(1))
              .with(seconds(6), seconds(3))
              .with(seconds(9), seconds(3));
      assertThat(report.speedup()).as("of 4, 2 and 3").isEqualTo(3);
      assertThat(report.human()).contains("3.00 times as fast (2.00 to 4.00)");
    }
  }

  private static GenerationTimes seconds(double total) {
    return new GenerationTimes(total, 0, List.of(0.0), 0, 0);
  }

  @Test
  void whatMakesNoSenseIsRefused() {
    assertThat(bench("--runs", "0").err()).contains("--runs must be from 1 to 1000, found 0");
    assertThat(bench("--plain").err()).contains("drop --plain");
    CommandRun whole = bench("--min-size", "64");
    assertThat(whole.code()).isEqualTo(ExitCode.USAGE);
    assertThat(whole.err()).contains("nothing is scaled at 64x64", "below 64");
    CommandRun wrong = bench("-W", "65");
    assertThat(wrong.code()).isEqualTo(ExitCode.USAGE);
    assertThat(wrong.err()).contains("65x64");
  }
}
