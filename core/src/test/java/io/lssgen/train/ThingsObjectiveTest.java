package io.lssgen.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.lssgen.tensor.DType;
import io.lssgen.tensor.LiveHandles;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.TorchRuntime;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ThingsObjectiveTest {
  private static final double WEIGHT = 0.5;

  @TempDir Path folder;
  private final List<AutoCloseable> resources = new ArrayList<>();

  @AfterEach
  void closeAll() throws Exception {
    TinyTrainees.close(resources);
  }

  private DenoiserTrainee trainee() {
    DenoiserTrainee trainee = TinyTrainees.things(WEIGHT, folder, resources);
    resources.add(trainee);
    return trainee;
  }

  private static double part(Map<String, Double> parts, String name) {
    return Objects.requireNonNull(parts.get(name));
  }

  @Test
  void aFreshReaderKnowsNothingAndChangesNothing() {
    DenoiserTrainee asked = trainee();
    DenoiserTrainee plain = TinyTrainees.denoiser(DType.F32, folder, resources);
    resources.add(plain);
    try (TensorScope scope = TensorScope.open()) {
      double error = plain.loss(plain.parameters(), 0).total().item();
      Trainee.Loss loss = asked.loss(asked.parameters(), 0);
      assertThat(part(loss.parts(), "error")).isCloseTo(error, within(1e-6));
      double guess = Math.log(TinyTrainees.THINGS);
      assertThat(part(loss.parts(), "things")).isCloseTo(guess, within(1e-6));
      assertThat(loss.total().item()).isCloseTo(error + WEIGHT * guess, within(1e-5));
      assertThat(scope).isNotNull();
    }
  }

  /** The pictures are noise that tells nothing: where things are is learnt from place and words. */
  @Test
  void tokensLearnWhatTheyLieOnAndTheModelComesWithoutTheirReader() {
    DenoiserTrainee trainee = trainee();
    double before = things(trainee);
    TrainingLoop.Settings settings =
        LoopSettings.constant(3e-3, 60)
            .optimizer(new AdamW.Settings(0.9, 0.95, 1e-8, 0, true))
            .microBatches(2, 2)
            .settings();
    new TrainingLoop(trainee, settings, folder.resolve("run"), TinyTrainees.SILENT).run();
    assertThat(things(trainee)).isLessThan(0.75 * before);

    Path model = folder.resolve("run/model");
    assertThat(model.resolve("transformer/config.json")).exists();
    try (var files = Files.list(model)) {
      assertThat(files.map(file -> file.getFileName().toString())).doesNotContain("reader");
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
    requireBeginsAt(model);
  }

  private static double things(DenoiserTrainee trainee) {
    double sum = 0;
    for (int i = 1000; i < 1010; i++) {
      try (TensorScope scope = TensorScope.open()) {
        sum += part(trainee.loss(trainee.parameters(), i).parts(), "things");
        assertThat(scope).isNotNull();
      }
    }
    return sum / 10;
  }

  /** With the model's weights and a reader that knows nothing again. */
  private void requireBeginsAt(Path model) {
    DenoiserTrainee again = trainee();
    InitialWeights.load(model, again.parameters(), TinyTrainees.fluxWithThings().added());
    assertThat(things(again)).isCloseTo(Math.log(TinyTrainees.THINGS), within(1e-6));
  }

  @Test
  void lossesLeaveNoHandles() {
    DenoiserTrainee trainee = trainee();
    step(trainee, 0);
    long before = LiveHandles.settled();
    for (int i = 1; i < 6; i++) {
      step(trainee, i);
    }
    assertThat(TorchRuntime.liveHandles()).isEqualTo(before);
  }

  private static void step(DenoiserTrainee trainee, long index) {
    try (TensorScope scope = TensorScope.open()) {
      trainee.loss(trainee.parameters(), index).total().backward();
      assertThat(scope).isNotNull();
    }
  }
}
