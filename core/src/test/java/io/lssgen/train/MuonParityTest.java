package io.lssgen.train;

import static io.lssgen.model.GoldenTensors.ROOT;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lssgen.nn.Init;
import io.lssgen.tensor.GradMode;
import io.lssgen.tensor.LiveHandles;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import io.lssgen.tensor.TorchRuntime;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Against torch (tools/golden/training.py): the distance gone differs by at most 4 % (rms). */
class MuonParityTest {
  private static final double TOLERANCE = 0.04;
  private static final double RATE = 0.05;
  private static final Map<String, long[]> SHAPES =
      Map.of(
          "kernel", new long[] {4, 2, 3, 3}, "tall", new long[] {6, 3}, "wide", new long[] {3, 5});

  private final TrainableParameters parameters =
      new TrainableParameters(
          root -> {
            SHAPES.forEach((name, shape) -> root.tensor(name, Init.ZEROS, shape));
            root.child("token_embedding").tensor("weight", Init.ZEROS, 4, 3);
            root.tensor("bias", Init.ZEROS, 3);
          });
  private final AdamW optimizer =
      new AdamW(new AdamW.Settings(0.9, 0.95, 1e-8, 0.1, true), parameters);

  private JsonNode golden;

  @BeforeEach
  void read() throws IOException {
    golden = new ObjectMapper().readTree(ROOT.resolve("training").resolve("muon.json").toFile());
  }

  @AfterEach
  void close() {
    optimizer.close();
    parameters.close();
  }

  private static float[] floats(JsonNode list) {
    float[] values = new float[list.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = list.get(i).floatValue();
    }
    return values;
  }

  private void step(int number) {
    try (TensorScope scope = TensorScope.open();
        GradMode off = GradMode.disabled();
        FlatParameters gradients =
            new FlatParameters(parameters.layout(), parameters.gradients())) {
      SHAPES.forEach(
          (name, shape) ->
              gradients
                  .at(name)
                  .copyInPlace(
                      Tensors.of(floats(golden.at("/gradients/" + number + "/" + name)), shape)));
      gradients.at("bias").addInPlace(1);
      gradients.at("token_embedding.weight").addInPlace(1);
      optimizer.step(parameters, number + 1, RATE);
    }
  }

  @Test
  void matricesMoveAsTorchMovesThem() {
    try (TensorScope scope = TensorScope.open();
        GradMode off = GradMode.disabled();
        FlatParameters values = new FlatParameters(parameters.layout(), parameters.values())) {
      SHAPES.forEach(
          (name, shape) ->
              values.at(name).copyInPlace(Tensors.of(floats(golden.at("/start/" + name)), shape)));
      for (int i = 0; i < golden.get("gradients").size(); i++) {
        step(i);
      }
      for (String name : SHAPES.keySet()) {
        float[] start = floats(golden.at("/start/" + name));
        float[] wanted = floats(golden.at("/end/" + name));
        float[] found = values.at(name).toFloatArray();
        double error = 0;
        double gone = 0;
        for (int i = 0; i < wanted.length; i++) {
          error += Math.pow(found[i] - wanted[i], 2);
          gone += Math.pow(wanted[i] - start[i], 2);
        }
        assertThat(Math.sqrt(error / gone)).as(name).isLessThan(TOLERANCE);
      }
    }
  }

  /** Under a constant gradient of 1, Adam's corrected means are 1: each step is the rate itself. */
  @Test
  void vectorsAndTablesMoveAsAdamMovesThem() {
    step(0);
    try (TensorScope scope = TensorScope.open();
        FlatParameters values = new FlatParameters(parameters.layout(), parameters.values())) {
      for (String name : List.of("bias", "token_embedding.weight")) {
        for (float value : values.at(name).toFloatArray()) {
          assertThat((double) value).as(name).isCloseTo(-RATE, Offset.offset(1e-6));
        }
      }
    }
  }

  @Test
  void aStepFreesWhatItTakes() {
    step(0);
    LiveHandles.settled(); // so that nothing of earlier tests is freed on the way
    List<Long> handles = new ArrayList<>();
    for (int i = 1; i < 4; i++) {
      step(i);
      handles.add(TorchRuntime.liveHandles());
    }
    assertThat(handles).containsOnly(handles.get(0));
  }
}
