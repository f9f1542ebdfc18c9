package io.lssgen.train;

import static io.lssgen.model.GoldenTensors.ROOT;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lssgen.tensor.TensorScope;
import io.lssgen.weights.SafetensorsFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.assertj.core.data.Offset;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against torch (tools/golden/training.py); max abs error 1e-5, rates relative 1e-9. */
class TrainingParityTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final float TOLERANCE = 1e-5f;

  @TempDir Path folder;

  private static JsonNode golden(String name) throws IOException {
    return JSON.readTree(ROOT.resolve("training").resolve(name).toFile());
  }

  private static float[] floats(JsonNode list) {
    float[] values = new float[list.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = list.get(i).floatValue();
    }
    return values;
  }

  private static TrainingLoop.Settings settings(int accumulation, int workers) {
    return LoopSettings.with(new LearningRate(LearningRate.Schedule.COSINE, 0.05, 0, 6, 0.1))
        .optimizer(new AdamW.Settings(0.9, 0.95, 1e-8, 0.1, false))
        .microBatches(accumulation, workers)
        .gradientClip(0.5)
        .emaDecay(0.1)
        .logEvery(1)
        .settings();
  }

  private static RegressionTrainee trainee(JsonNode golden, int batch) {
    RegressionTrainee trainee =
        new RegressionTrainee(floats(golden.get("inputs")), floats(golden.get("targets")), batch);
    trainee.start(floats(golden.at("/start/weight")), floats(golden.at("/start/bias")));
    return trainee;
  }

  private void assertSaved(JsonNode golden) {
    try (TensorScope scope = TensorScope.open();
        SafetensorsFile saved = SafetensorsFile.open(folder.resolve("checkpoint.safetensors"))) {
      for (String name : List.of("weight", "bias")) {
        assertThat(saved.tensor("weights." + name).toFloatArray())
            .containsExactly(floats(golden.get(name)), Offset.offset(TOLERANCE));
        assertThat(saved.tensor("ema." + name).toFloatArray())
            .containsExactly(floats(golden.get("average_" + name)), Offset.offset(TOLERANCE));
      }
      assertThat(scope).isNotNull();
    }
  }

  /** AdamW, decay of matrices alone, accumulation, clipping, cosine rates and the average. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void aWholeRunEqualsTorchs(int workers) throws IOException {
    JsonNode golden = golden("regression.json");
    try (RegressionTrainee trainee = trainee(golden, 2)) {
      new TrainingLoop(trainee, settings(2, workers), folder, TinyTrainees.SILENT).run();
    }

    assertSaved(golden);
    List<String> lines = Files.readAllLines(folder.resolve("log.jsonl"));
    assertThat(lines).hasSize(6);
    for (int i = 0; i < 6; i++) {
      JsonNode line = JSON.readTree(lines.get(i));
      assertThat(line.get("step").asInt()).isEqualTo(i + 1);
      assertThat(line.get("loss").asDouble())
          .isCloseTo(golden.at("/losses/" + i).asDouble(), Offset.offset(1e-4));
      assertThat(line.get("gradient_norm").asDouble())
          .isCloseTo(golden.at("/gradient_norms/" + i).asDouble(), Offset.offset(1e-4));
    }
  }

  @Test
  void oneBatchOfDoubleSizeEqualsTwoAccumulated() throws IOException {
    JsonNode golden = golden("regression.json");
    try (RegressionTrainee trainee = trainee(golden, 4)) {
      new TrainingLoop(trainee, settings(1, 1), folder, TinyTrainees.SILENT).run();
    }

    assertSaved(golden);
  }

  @Test
  void ratesWithoutWarmUpEqualTorchs() throws IOException {
    JsonNode golden = golden("schedules.json");
    for (LearningRate.Schedule schedule :
        List.of(LearningRate.Schedule.COSINE, LearningRate.Schedule.LINEAR)) {
      JsonNode wanted = golden.get(schedule == LearningRate.Schedule.COSINE ? "cosine" : "linear");
      LearningRate rate = new LearningRate(schedule, 0.05, 0, 20, 0.1);
      for (int step = 0; step < 20; step++) {
        assertThat(rate.at(step))
            .isCloseTo(wanted.get(step).asDouble(), Percentage.withPercentage(1e-7));
      }
    }
  }
}
