package io.lssgen.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.lssgen.errors.LssGenException;
import io.lssgen.errors.ModelException;
import io.lssgen.errors.UsageException;
import io.lssgen.files.FolderLock;
import io.lssgen.nn.Init;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.TorchRuntime;
import io.lssgen.weights.SafetensorsFile;
import io.lssgen.weights.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TrainingLoopTest {
  @TempDir Path root;

  @BeforeEach
  void oneThread() {
    TorchRuntime.threads(1);
  }

  private static TrainingLoop.Settings settings(int sampleEvery) {
    return settings(2, sampleEvery);
  }

  private static TrainingLoop.Settings settings(int logEvery, int sampleEvery) {
    return LoopSettings.with(new LearningRate(LearningRate.Schedule.COSINE, 1e-2, 2, 6, 0.1))
        .logEvery(logEvery)
        .sampleEvery(sampleEvery)
        .settings();
  }

  private TrainingLoop loop(Trainee trainee, String name) {
    return new TrainingLoop(trainee, settings(100), root.resolve(name), TinyTrainees.SILENT);
  }

  private Path checkpoint(String name) {
    return root.resolve(name).resolve("checkpoint.safetensors");
  }

  @Test
  void aFolderIsForOneTrainingAtATime() {
    try (Trainee trainee = TinyTrainees.autoencoder();
        FolderLock other = FolderLock.of(root.resolve("run"), "")) {
      TrainingLoop loop = loop(trainee, "run");
      assertThatThrownBy(loop::run)
          .isInstanceOf(UsageException.class)
          .hasMessageContainingAll("another training writes to", "run");
    }
    assertThat(checkpoint("run")).doesNotExist();
  }

  /** Trains until {@code steps} are done, as Ctrl-C would end it. */
  private TrainingLoop.Outcome trainAndStop(String name, int steps) {
    try (WatchedTrainee trainee = new WatchedTrainee(TinyTrainees.autoencoder())) {
      TrainingLoop loop = loop(trainee, name);
      trainee.onLoss(
          index -> {
            if (index == steps - 1) {
              loop.stop();
            }
            return loss -> loss;
          });
      return loop.run();
    }
  }

  private TrainingLoop.Outcome train(String name) {
    try (Trainee trainee = TinyTrainees.autoencoder()) {
      return loop(trainee, name).run();
    }
  }

  @Test
  void aStoppedRunGoesOnExactly() throws IOException {
    assertThat(train("whole")).isEqualTo(TrainingLoop.Outcome.FINISHED);
    assertThat(trainAndStop("parts", 3)).isEqualTo(TrainingLoop.Outcome.STOPPED);
    try (SafetensorsFile saved = SafetensorsFile.open(checkpoint("parts"))) {
      assertThat(saved.metadata()).containsEntry("lssgen.step", "3");
    }
    assertThat(Files.mismatch(checkpoint("whole"), checkpoint("parts"))).isNotEqualTo(-1);
    assertThat(root.resolve("parts/model/vae/config.json")).exists();

    assertThat(train("parts")).isEqualTo(TrainingLoop.Outcome.FINISHED);
    // Weights, both of the optimizer's means, the average and the position, bit for bit.
    assertThat(Files.mismatch(checkpoint("whole"), checkpoint("parts"))).isEqualTo(-1);
    Path weights = Path.of("model/vae/diffusion_pytorch_model.safetensors");
    assertThat(
            Files.mismatch(
                root.resolve("whole").resolve(weights), root.resolve("parts").resolve(weights)))
        .isEqualTo(-1);
    assertThat(Files.readAllLines(root.resolve("parts/log.jsonl"))).hasSize(3);
  }

  @Test
  void workersShareTheThreadsAndTheOptimizerHasAll() {
    TorchRuntime.threads(2);
    List<Integer> inside = new CopyOnWriteArrayList<>();
    TrainingLoop.Settings settings =
        LoopSettings.constant(1e-3, 1).microBatches(2, 2).sampleEvery(1).settings();
    try (WatchedTrainee trainee = new WatchedTrainee(TinyTrainees.autoencoder())) {
      trainee.duringSamples(() -> inside.add(TorchRuntime.threads())); // after the optimizer's step
      trainee.onLoss(
          index -> {
            inside.add(TorchRuntime.threads());
            return loss -> loss;
          });
      new TrainingLoop(trainee, settings, root.resolve("two"), TinyTrainees.SILENT).run();
    }
    assertThat(inside).containsExactly(1, 1, 2);
    assertThat(TorchRuntime.threads()).isEqualTo(2);
  }

  @Test
  void aStopAfterTheLastStepIsNone() {
    assertThat(trainAndStop("late", 6)).isEqualTo(TrainingLoop.Outcome.FINISHED);
  }

  @ParameterizedTest
  @ValueSource(strings = {"loss", "gradients"})
  void whatIsNotFiniteEndsTheRunAndTheStateBeforeItIsSaved(String what) throws IOException {
    trainAndStop("good", 3);
    try (WatchedTrainee trainee = new WatchedTrainee(TinyTrainees.autoencoder())) {
      trainee.onLoss(index -> index == 3 ? spoil(what, trainee.parameters()) : loss -> loss);
      assertThatThrownBy(() -> loop(trainee, "spoilt").run())
          .isInstanceOf(LssGenException.class)
          .message()
          .contains("step 4", what, "NaN", "saved", "lower learning rate")
          .doesNotContain("\n");
    }

    assertThat(Files.mismatch(checkpoint("good"), checkpoint("spoilt"))).isEqualTo(-1);
  }

  /** A loss of NaN, or a finite loss whose gradient is not. */
  private static UnaryOperator<Trainee.Loss> spoil(String what, TrainableParameters parameters) {
    return loss -> {
      if (what.equals("loss")) {
        return new Trainee.Loss(loss.total().mul(Double.NaN), Map.of());
      }
      Tensor bias = parameters.parameter("decoder.conv_in.bias", Init.ZEROS, 4);
      Tensor cliff = bias.mul(0).square().sum().sqrt(); // 0, with an infinite slope
      return new Trainee.Loss(loss.total().add(cliff), Map.of());
    };
  }

  @Test
  void anExportThatFailsLeavesTheModelBeforeIt() throws IOException {
    trainAndStop("run", 2);
    Path model = root.resolve("run/model/vae/diffusion_pytorch_model.safetensors");
    byte[] before = Files.readAllBytes(model);
    try (WatchedTrainee trainee = new WatchedTrainee(TinyTrainees.autoencoder())) {
      trainee.duringExport(
          () -> {
            throw new LssGenException("the disk is full");
          });
      assertThatThrownBy(() -> loop(trainee, "run").run()).hasMessage("the disk is full");
    }

    assertThat(model).hasBinaryContent(before);
    try (var files = Files.list(root.resolve("run"))) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .doesNotContain(".model.new", ".model.previous");
    }
    // The training itself is saved: only the export has to be repeated.
    assertThat(train("run")).isEqualTo(TrainingLoop.Outcome.FINISHED);
    assertThat(Files.readAllBytes(model)).isNotEqualTo(before);
  }

  @Test
  void aPictureThatCannotBeWrittenEndsTheRunWithItsStateSaved() {
    try (WatchedTrainee trainee = new WatchedTrainee(TinyTrainees.autoencoder())) {
      trainee.duringSamples(
          () -> {
            throw new LssGenException("the disk is full");
          });
      TrainingLoop loop =
          new TrainingLoop(trainee, settings(4), root.resolve("run"), TinyTrainees.SILENT);
      assertThatThrownBy(loop::run).hasMessage("the disk is full");
    }
    try (SafetensorsFile saved = SafetensorsFile.open(checkpoint("run"))) {
      assertThat(saved.metadata()).containsEntry("lssgen.step", "4");
    }
  }

  @Test
  void aLogThatCannotBeWrittenEndsTheRunWithItsStateSaved() throws IOException {
    Path full = Path.of("/dev/full");
    assumeTrue(Files.exists(full), "this system has no device that is always full");
    Path log = Files.createDirectory(root.resolve("run")).resolve("log.jsonl");
    Files.createSymbolicLink(log, full);
    assertThatThrownBy(() -> train("run"))
        .isInstanceOf(LssGenException.class)
        .hasMessageContaining("log in " + root.resolve("run") + " cannot be written")
        .hasMessageContaining("free some space");
    try (SafetensorsFile saved = SafetensorsFile.open(checkpoint("run"))) {
      assertThat(saved.metadata()).containsEntry("lssgen.step", "2");
    }

    Files.delete(log);
    assertEndsAsIfNothingHadHappened("run");
  }

  @Test
  void aDiskThatIsFullAtACheckpointKeepsTheOneBefore() throws Exception {
    try (SmallDisk disk = SmallDisk.mount(Files.createDirectory(root.resolve("disk")))) {
      trainAndStop("disk/run", 3);
      byte[] before = Files.readAllBytes(checkpoint("disk/run"));
      try (WatchedTrainee trainee = new WatchedTrainee(TinyTrainees.autoencoder())) {
        trainee.onLoss(
            index -> {
              disk.fill();
              return loss -> loss;
            });
        TrainingLoop loop =
            new TrainingLoop(
                trainee, settings(100, 100), root.resolve("disk/run"), TinyTrainees.SILENT);
        assertThatThrownBy(loop::run)
            .isInstanceOf(LssGenException.class)
            .hasMessageContaining("cannot write " + checkpoint("disk/run"))
            .hasMessageContaining("the file that was there is unchanged");
      }
      assertThat(checkpoint("disk/run")).hasBinaryContent(before);
      try (var files = Files.list(root.resolve("disk/run"))) {
        assertThat(files.map(Path::toString)).noneMatch(name -> name.endsWith(".part"));
      }

      disk.free();
      assertEndsAsIfNothingHadHappened("disk/run");
    }
  }

  private void assertEndsAsIfNothingHadHappened(String name) throws IOException {
    assertThat(train(name)).isEqualTo(TrainingLoop.Outcome.FINISHED);
    train("whole");
    assertThat(Files.mismatch(checkpoint("whole"), checkpoint(name))).isEqualTo(-1);
  }

  @Test
  void refusesACheckpointOfAnotherModel() {
    trainAndStop("run", 1);
    rewrite(tensors -> tensors.put("weights.decoder.extra", first(tensors)));
    assertRefused("weights.decoder.extra");
    rewrite(
        tensors -> {
          tensors.remove("weights.decoder.extra");
          tensors.remove("ema.encoder.conv_in.bias");
        });
    assertRefused("ema.encoder.conv_in.bias");
    rewrite(tensors -> tensors.put("ema.encoder.conv_in.bias", first(tensors).reshape(1, -1)));
    assertRefused("encoder.conv_in.bias: wanted shape [4]");
  }

  private static Tensor first(Map<String, Tensor> tensors) {
    return Objects.requireNonNull(tensors.get("weights.encoder.conv_in.bias"));
  }

  private void rewrite(java.util.function.Consumer<Map<String, Tensor>> change) {
    try (TensorScope scope = TensorScope.open();
        SafetensorsFile saved = SafetensorsFile.open(checkpoint("run"))) {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      saved.entries().keySet().forEach(name -> tensors.put(name, saved.tensor(name).copy()));
      change.accept(tensors);
      SafetensorsWriter.write(checkpoint("run"), tensors, saved.metadata());
      assertThat(scope).isNotNull();
    }
  }

  private void assertRefused(String message) {
    assertThatThrownBy(() -> train("run"))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining(message);
  }

  /** Pictures of a tenth of the steps are not ten times as bad. */
  @Test
  void whatIsMeasuredInSomeStepsIsAveragedOverThose() throws IOException {
    try (Trainee trainee =
        new WatchedTrainee(TinyTrainees.autoencoder())
            .onLoss(
                index ->
                    loss ->
                        new Trainee.Loss(
                            loss.total(), index % 2 == 0 ? Map.of() : Map.of("psnr", 20.0)))) {
      loop(trainee, "some").run();
    }
    assertThat(Files.readString(root.resolve("some/log.jsonl"))).contains("\"psnr\":20.0");
  }

  @Test
  void namesAndNumbersDoNotDependOnTheLocale() throws IOException {
    Locale before = Locale.getDefault();
    Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
    java.io.ByteArrayOutputStream console = new java.io.ByteArrayOutputStream();
    try (Trainee trainee = TinyTrainees.autoencoder();
        java.io.PrintStream out =
            new java.io.PrintStream(console, true, java.nio.charset.StandardCharsets.UTF_8)) {
      new TrainingLoop(trainee, settings(6), root.resolve("locale"), out).run();
    } finally {
      Locale.setDefault(before);
    }

    assertThat(root.resolve("locale/sample-0000006.png")).exists();
    assertThat(console.toString(java.nio.charset.StandardCharsets.UTF_8))
        .contains("step 6/6")
        .matches("[\\x00-\\x7f]*");
  }
}
