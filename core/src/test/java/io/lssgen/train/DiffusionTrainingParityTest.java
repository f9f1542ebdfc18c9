package io.lssgen.train;

import static io.lssgen.model.GoldenTensors.ROOT;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lssgen.model.GoldenTensors;
import io.lssgen.nn.Init;
import io.lssgen.nn.ParameterSource;
import io.lssgen.nn.Parameters;
import io.lssgen.schedule.TrainingNoise;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Rng;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import io.lssgen.weights.ModelConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import org.assertj.core.data.Percentage;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Against diffusers (tools/golden/diffusion_training.py): losses and gradients' norms 1e-3
 * relative.
 */
class DiffusionTrainingParityTest {
  private static final long SEED = 7;
  private static final String GOLDEN = "diffusion-training/";

  @TempDir Path root;
  private TensorScope scope;
  private Path folder;
  private final List<AutoCloseable> resources = new ArrayList<>();

  @BeforeEach
  void make() {
    folder = TinyTrainees.xlFolder(root);
    scope = TensorScope.open();
  }

  @AfterEach
  void close() throws Exception {
    scope.close();
    TinyTrainees.close(resources);
  }

  private static JsonNode cases() throws IOException {
    return new ObjectMapper().readTree(ROOT.resolve(GOLDEN + "cases.json").toFile());
  }

  static List<JsonNode> each() throws IOException {
    List<JsonNode> list = new ArrayList<>();
    cases().get("cases").forEach(list::add);
    return list;
  }

  private static List<String> captions() throws IOException {
    List<String> captions = new ArrayList<>();
    cases().get("captions").forEach(caption -> captions.add(caption.asText()));
    return captions;
  }

  private static Objective.Pictures pictures() throws IOException {
    GoldenTensors golden = GoldenTensors.read(GOLDEN + "epsilon.safetensors");
    return new Objective.Pictures(golden.tensor("clean"), captions());
  }

  /** Parameters of a model with the folder's weights. */
  private TrainableParameters parameters(DenoiserFamily family, ParameterSource source) {
    TrainableParameters parameters = TinyTrainees.withWeights(family, source);
    resources.add(parameters);
    return parameters;
  }

  private ComponentWeights weights() {
    ComponentWeights weights = new ComponentWeights(folder);
    resources.add(weights);
    return weights;
  }

  private static DiffusionNoise noise(JsonNode each) {
    ObjectNode fields = (ObjectNode) each.get("scheduler");
    return new DiffusionNoise(
        TrainingNoise.of(new ModelConfig("case", fields)),
        each.has("min_snr")
            ? OptionalDouble.of(each.get("min_snr").asDouble())
            : OptionalDouble.empty());
  }

  @ParameterizedTest
  @MethodSource("each")
  void lossesEqualDiffusers(JsonNode each) throws IOException {
    XlDenoiserFamily family = TinyTrainees.xlFamily(folder, null, 0, DType.F32);
    TrainableParameters parameters = parameters(family, weights());
    try (DenoiserModel model = family.model(Parameters.of(parameters));
        Rng rng = new Rng(SEED)) {
      Tensor loss =
          new DataObjective(noise(each), Telling.ALL).loss(model, pictures(), rng).total();
      assertThat(loss.item()).isCloseTo(each.get("loss").asDouble(), GradientNorms.TOLERANCE);
    }
    try (Rng rng = new Rng(SEED)) {
      NoiseProcess.Noised noised = noise(each).apply(pictures().clean(), rng);
      for (int i = 0; i < 4; i++) {
        assertThat(noised.times().toFloatArray()[i])
            .isEqualTo((float) each.at("/timesteps/" + i).asDouble());
      }
    }
  }

  /** Through the UNet and both text encoders. */
  @Test
  void gradientsEqualDiffusers() throws IOException {
    XlDenoiserFamily family = TinyTrainees.xlFamily(folder, null, 0, DType.F32);
    TrainableParameters parameters = parameters(family, weights());
    GoldenTensors golden = GoldenTensors.read(GOLDEN + "epsilon.safetensors");
    try (DenoiserModel model = family.model(Parameters.of(parameters));
        Rng rng = new Rng(SEED)) {
      new DataObjective(noise(each().get(0)), Telling.ALL)
          .loss(model, pictures(), rng)
          .total()
          .backward();
    }
    GradientNorms.assertEqual(parameters, golden);
  }

  /** The student's text encoders are the teacher's, without gradients. */
  @Test
  void consistencyDistillationEqualsDiffusers() throws IOException {
    GoldenTensors golden = GoldenTensors.read(GOLDEN + "consistency.safetensors");
    ConsistencyDistillation distillation = TinyTrainees.distillation(folder, DType.F32);
    resources.add(distillation);
    ComponentWeights teacher = distillation.teacher().weights();
    XlDenoiserFamily family = TinyTrainees.xlFamily(folder, teacher, 6, DType.F32);
    TrainableParameters parameters =
        parameters(family, withProjection(teacher, golden.tensor("cond_proj")));
    try (DenoiserModel student = family.model(Parameters.of(parameters));
        Rng rng = new Rng(SEED)) {
      Tensor loss = distillation.loss(student, pictures(), rng).total();
      assertThat(loss.item()).isCloseTo(golden.tensor("loss").item(), GradientNorms.TOLERANCE);
      loss.backward();
    }
    GradientNorms.assertEqual(parameters, golden);
  }

  @Test
  void phasedDistillationEqualsDiffusers() throws IOException {
    GoldenTensors golden = GoldenTensors.read(GOLDEN + "phased.safetensors");
    ConsistencyDistillation whole = TinyTrainees.distillation(folder, DType.F32);
    PhasedDistillation distillation =
        new PhasedDistillation(
            whole.noise(),
            whole.teacher(),
            whole.range(),
            new SolverSteps(1000, 8),
            4,
            new PseudoHuber(0.1, null));
    resources.add(distillation);
    ComponentWeights teacher = whole.teacher().weights();
    XlDenoiserFamily family = TinyTrainees.xlFamily(folder, teacher, 0, DType.F32);
    TrainableParameters parameters = parameters(family, teacher);
    try (DenoiserModel student = family.model(Parameters.of(parameters));
        Rng rng = new Rng(SEED)) {
      Tensor loss = distillation.loss(student, pictures(), rng).total();
      assertThat(loss.item()).isCloseTo(golden.tensor("loss").item(), GradientNorms.TOLERANCE);
      loss.backward();
    }
    GradientNorms.assertEqual(parameters, golden);
  }

  private static ParameterSource withProjection(ParameterSource weights, Tensor projection) {
    return new ParameterSource() {
      @Override
      public Tensor parameter(String path, Init init, long... shape) {
        return path.endsWith("cond_proj.weight")
            ? projection
            : weights.parameter(path, init, shape);
      }

      @Override
      public boolean has(String path) {
        return weights.has(path);
      }
    };
  }

  /** Channels that count three times make a loss three times as large, others drop out of it. */
  @Test
  void channelsCountInADistillationAsTheirWeightsSay() throws IOException {
    double plain = distillationLoss(null);

    assertThat(distillationLoss(Tensors.of(new float[] {3, 3, 3, 3}, 1, 4, 1, 1)))
        .isCloseTo(3 * plain, Percentage.withPercentage(1e-3));
    double parts = 0;
    for (int channel = 0; channel < 4; channel++) {
      float[] weights = new float[4];
      weights[channel] = 1;
      parts += distillationLoss(Tensors.of(weights, 1, 4, 1, 1));
    }
    assertThat(parts).isCloseTo(plain, Percentage.withPercentage(1e-3));
  }

  private double distillationLoss(@Nullable Tensor channelWeights) throws IOException {
    return loss(TinyTrainees.distillation(folder, DType.F32, channelWeights));
  }

  /** Of a student that is as its teacher. */
  private double loss(Objective distillation) throws IOException {
    resources.add(distillation);
    XlDenoiserFamily family = TinyTrainees.xlFamily(folder, null, 0, DType.F32);
    TrainableParameters parameters = new TrainableParameters(p -> family.model(p).close());
    resources.add(parameters);
    InitialWeights.load(folder, parameters, family::mayBeginFresh);
    try (DenoiserModel student = family.model(Parameters.of(parameters));
        Rng rng = new Rng(SEED)) {
      return distillation.loss(student, pictures(), rng).total().item();
    }
  }

  /**
   * Where each step of the solver is a phase of its own, the student is to say what the guided
   * teacher says. At a scale of 1 that is what it says already.
   */
  @ParameterizedTest
  @CsvSource({"1, 50, true", "3, 50, false", "1, 5, false"})
  void aPhaseOfOneStepAsksForTheTeachersWord(double scale, int phases, boolean same)
      throws IOException {
    ConsistencyDistillation whole = TinyTrainees.distillation(folder, DType.F32);
    PhasedDistillation phased =
        new PhasedDistillation(
            whole.noise(),
            whole.teacher(),
            new ScaleRange(scale, scale),
            whole.solver(),
            phases,
            whole.distance());
    double loss = loss(phased);

    if (same) {
      assertThat(loss).isBetween(0.0, 1e-7);
    } else {
      assertThat(loss).isGreaterThan(1e-4);
    }
  }

  /** A student begins as its teacher, whatever the scale that it is told. */
  @Test
  void aStudentBeginsAsItsTeacher() throws IOException {
    ConsistencyDistillation distillation = TinyTrainees.distillation(folder, DType.F32);
    resources.add(distillation);
    XlDenoiserFamily family =
        TinyTrainees.xlFamily(folder, distillation.teacher().weights(), 6, DType.F32);
    TrainableParameters parameters = new TrainableParameters(p -> family.model(p).close());
    resources.add(parameters);
    InitialWeights.load(folder, parameters, family::mayBeginFresh);
    XlDenoiserFamily teacher = TinyTrainees.xlFamily(folder, null, 0, DType.F32);
    Tensor clean = pictures().clean();
    Tensor times = DiffusionNoise.times(new int[] {999, 500, 20, 0});
    try (Rng rng = new Rng(1);
        DenoiserModel student = family.model(Parameters.of(parameters));
        DenoiserModel other = teacher.model(Parameters.of(weights()))) {
      Tensor scales = new ScaleRange(1, 5).draw(4, rng);
      Tensor said = student.predict(clean, times, student.encode(captions()), scales);
      Tensor wanted = other.predict(clean, times, other.encode(captions()), null);
      assertThat(GoldenTensors.maxError(said, wanted)).isLessThan(1e-6);
    }
  }
}
