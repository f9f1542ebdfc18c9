package io.lssgen.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.model.GoldenTensors;
import io.lssgen.scaling.BicubicScaler;
import io.lssgen.schedule.FlowMatchEuler;
import io.lssgen.schedule.FlowMatchEulerConfig;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.LiveHandles;
import io.lssgen.tensor.NormalSource;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import io.lssgen.tensor.TorchRuntime;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** The loop with denoisers whose result is known. */
class StagedSamplerTest {
  private static final FlowMatchEuler SCHEDULER =
      new FlowMatchEuler(FlowMatchEulerConfig.fluxDev());
  private static final StageOptions OPTIONS =
      StageOptions.flux().withMinSize(32).withShorten(false);
  private static final StagePlan PLAN =
      new StagePlanner(SCHEDULER, 8, 2).plan(128, 128, 6, OPTIONS);

  private static StagedSampler sampler(ProgressListener listener, Cancellation cancellation) {
    return new StagedSampler(SCHEDULER, new BicubicScaler(), listener, cancellation);
  }

  private static StagedSampler sampler() {
    return sampler(ProgressListener.NONE, new Cancellation());
  }

  /** The velocity that leads every latent to a constant: (z − constant) / σ. */
  private static Predictor towards(double constant) {
    return (z, timestep) -> z.add(-constant).mul(1000 / timestep);
  }

  /** A denoiser whose velocity is linear in the latent. */
  private static Function<Stage, Predictor> linear(DType type) {
    return stage -> (z, timestep) -> z.to(type).mul(0.1 + timestep / 2000);
  }

  @Test
  void everyStageEndsAtTheDenoisersCleanLatent() {
    try (TensorScope scope = TensorScope.open();
        NoiseSource noise = NoiseSource.perImage(1, 2)) {
      List<Tensor> clean =
          sampler().sample(PLAN, 2, 3, stage -> towards(stage.index() + 0.5), noise);
      assertThat(clean).hasSize(3);
      for (int i = 0; i < 3; i++) {
        assertThat(clean.get(i).shape()).containsExactly(2, 3, 4L << i, 4L << i);
        assertThat(clean.get(i).sub(Tensors.scalar(i + 0.5)).abs().amax(false, 0, 1, 2, 3).item())
            .isLessThan(1e-5);
      }
      assertThat(scope).isNotNull();
    }
  }

  /** With a denoiser that changes nothing, a stage's result is its re-noised beginning. */
  @Test
  void laterStagesBeginFromTheScaledLatentAtTheirFirstLevel() {
    try (TensorScope scope = TensorScope.open();
        NoiseSource noise = NoiseSource.perImage(4, 1);
        NoiseSource same = NoiseSource.perImage(4, 1)) {
      Function<Stage, Predictor> still =
          stage -> (z, timestep) -> Tensors.zeros(DType.F32, z.shape());
      List<Tensor> clean = sampler().sample(PLAN, 1, 2, still, noise);
      Tensor wanted = same.draw(PLAN.first().latentShape(1, 2));
      assertThat(clean.get(0).toFloatArray()).isEqualTo(wanted.toFloatArray());
      for (int i = 1; i < 3; i++) {
        Stage stage = PLAN.stages().get(i);
        float sigma = stage.schedule().timestep(0) / 1000;
        Tensor n = same.draw(stage.latentShape(1, 2));
        wanted = new BicubicScaler().scale(wanted, same).mul(1 - sigma).add(n.mul(sigma));
        assertThat(GoldenTensors.maxError(clean.get(i), wanted)).isLessThan(1e-5);
      }
      assertThat(scope).isNotNull();
    }
  }

  /** Free in the right half: what lies beside it is the picture's in every stage and preview. */
  @Test
  void whatAMaskKeepsIsThePicturesInEveryStage() {
    List<Tensor> previews = new ArrayList<>();
    ProgressListener listener =
        new ProgressListener() {
          @Override
          public void stepDone(Stage stage, int step, Supplier<Tensor> clean) {
            previews.add(clean.get().copy().release());
          }
        };
    try (TensorScope scope = TensorScope.open();
        NoiseSource noise = NoiseSource.perImage(1, 1)) {
      List<Tensor> clean =
          sampler(listener, new Cancellation())
              .sample(PLAN, 1, 2, stage -> towards(5), noise, StagedSamplerTest::rightHalfFree);
      clean.forEach(StagedSamplerTest::assertLeftHalfIsThePictures);
      previews.forEach(StagedSamplerTest::assertLeftHalfIsThePictures);
      for (Tensor each : clean) {
        long half = each.size(3) / 2;
        assertThat(
                each.narrow(3, half, half)
                    .sub(Tensors.scalar(5))
                    .abs()
                    .amax(false, 0, 1, 2, 3)
                    .item())
            .as("anew: where the denoiser leads")
            .isLessThan(1e-4);
      }
      assertThat(previews).hasSize(PLAN.totalSteps());
      previews.forEach(Tensor::close);
      assertThat(scope).isNotNull();
    }
  }

  /** A later stage begins beside the mask with the picture at that size, not with a doubled one. */
  @Test
  void aLaterStageBeginsWithTheLargePicture() {
    List<Tensor> begun = new ArrayList<>();
    try (TensorScope scope = TensorScope.open();
        NoiseSource noise = NoiseSource.perImage(1, 1);
        NoiseSource same = NoiseSource.perImage(1, 1)) {
      Function<Stage, Predictor> watching =
          stage -> {
            boolean[] seen = {false};
            return (z, timestep) -> {
              if (!seen[0]) {
                begun.add(z.copy().release());
              }
              seen[0] = true;
              return z.mul(0);
            };
          };
      sampler().sample(PLAN, 1, 2, watching, noise, StagedSamplerTest::rightHalfFree);
      for (Stage stage : PLAN.stages()) {
        Tensor n = same.draw(stage.latentShape(1, 2));
        if (stage.index() > 0) {
          double sigma = stage.schedule().sigma(0);
          Tensor wanted = picture(stage).mul(1 - sigma).add(n.mul(sigma));
          Tensor found = begun.get(stage.index());
          long half = found.size(3) / 2;
          assertThat(GoldenTensors.maxError(found.narrow(3, 0, half), wanted.narrow(3, 0, half)))
              .isLessThan(1e-5);
        }
      }
      begun.forEach(Tensor::close);
      assertThat(scope).isNotNull();
    }
  }

  /** Its columns count up, so that no doubled one has the same values. */
  private static Tensor picture(Stage stage) {
    long[] shape = stage.latentShape(1, 2);
    float[] values = new float[Math.toIntExact(shape[1] * shape[2] * shape[3])];
    for (int i = 0; i < values.length; i++) {
      values[i] = 1 + i % shape[3];
    }
    return Tensors.of(values, shape);
  }

  private static InitialLatents rightHalfFree(Stage stage) {
    long[] shape = stage.latentShape(1, 1);
    float[] free = new float[Math.toIntExact(shape[2] * shape[3])];
    for (int i = 0; i < free.length; i++) {
      free[i] = 2 * (i % shape[3]) >= shape[3] ? 1 : 0;
    }
    InitialLatents.Kept kept = new InitialLatents.Kept(picture(stage), Tensors.of(free, shape));
    return new InitialLatents(null, kept, null);
  }

  private static void assertLeftHalfIsThePictures(Tensor clean) {
    float[] values = clean.toFloatArray();
    int width = Math.toIntExact(clean.size(3));
    for (int i = 0; i < values.length; i++) {
      if (2 * (i % width) < width) {
        assertThat(values[i]).isEqualTo(1 + i % width);
      }
    }
  }

  @Test
  void aBatchEqualsItsSingleImages() {
    try (TensorScope scope = TensorScope.open();
        NoiseSource both = NoiseSource.perImage(10, 2)) {
      Tensor batch = sampler().sample(PLAN, 2, 4, linear(DType.F32), both).get(2);
      for (int i = 0; i < 2; i++) {
        try (NoiseSource one = NoiseSource.perImage(10 + i, 1)) {
          Tensor single = sampler().sample(PLAN, 1, 4, linear(DType.F32), one).get(2);
          assertThat(batch.narrow(0, i, 1).toFloatArray()).isEqualTo(single.toFloatArray());
        }
      }
      assertThat(scope).isNotNull();
    }
  }

  @Test
  void givenLatentsTakeThePlaceOfTheFirstNoise() {
    try (TensorScope scope = TensorScope.open();
        NoiseSource source = NoiseSource.perImage(1, 1)) {
      Tensor latents = Tensors.full(0.25, DType.F32, PLAN.first().latentShape(1, 2));
      List<Tensor> inputs = new ArrayList<>();
      NormalSource noise = source.beginningWith(latents);
      sampler()
          .sample(
              PLAN,
              1,
              2,
              stage ->
                  (z, timestep) -> {
                    inputs.add(z.copy().release());
                    return z;
                  },
              noise);
      assertThat(inputs.get(0).toFloatArray()).containsOnly(0.25f);
      assertThat(latents.isClosed()).isFalse();
      inputs.forEach(Tensor::close);
      assertThat(scope).isNotNull();
    }
  }

  @Test
  void theListenerHearsEveryStageAndStepInOrder() {
    List<String> heard = new ArrayList<>();
    ProgressListener listener =
        new ProgressListener() {
          @Override
          public void stageStarted(Stage stage) {
            heard.add("stage " + stage.index());
          }

          @Override
          public void denoisingStarted(Stage stage) {
            heard.add("denoise");
          }

          @Override
          public void stepDone(Stage stage, int step, Supplier<Tensor> clean) {
            heard.add(step + " of " + stage.steps());
            assertThat(GoldenTensors.maxError(clean.get(), clean.get().mul(0).add(2)))
                .isLessThan(1e-5);
          }

          @Override
          public void stageDone(Stage stage, Tensor clean) {
            heard.add("done");
          }
        };
    StagePlan plan = new StagePlanner(SCHEDULER, 8, 2).plan(64, 64, 2, OPTIONS.withStartSigma(0.9));
    try (TensorScope scope = TensorScope.open();
        NoiseSource noise = NoiseSource.perImage(1, 1)) {
      sampler(listener, new Cancellation()).sample(plan, 1, 2, stage -> towards(2), noise);
      assertThat(scope).isNotNull();
    }
    assertThat(heard)
        .containsExactly(
            "stage 0", "denoise", "1 of 2", "2 of 2", "done", "stage 1", "denoise", "1 of 2",
            "2 of 2", "done");
  }

  @Test
  void aCancelledRunStopsBeforeTheNextEvaluationAndLeavesNothing() {
    Cancellation cancellation = new Cancellation();
    int[] evaluations = {0};
    Function<Stage, Predictor> counting =
        stage ->
            (z, timestep) -> {
              if (++evaluations[0] == 8) {
                cancellation.cancel();
              }
              return z;
            };
    try (NoiseSource noise = NoiseSource.perImage(1, 1)) {
      long before = LiveHandles.settled();
      assertThatThrownBy(
              () ->
                  sampler(ProgressListener.NONE, cancellation).sample(PLAN, 1, 2, counting, noise))
          .isInstanceOf(CancelledException.class);
      assertThat(evaluations[0]).isEqualTo(8);
      assertThat(TorchRuntime.liveHandles()).isEqualTo(before);
    }
  }

  @Test
  void aRunLeavesNoNativeHandles() {
    try (NoiseSource noise = NoiseSource.perImage(1, 2)) {
      runOnce(noise);
      long before = LiveHandles.settled();
      for (int i = 0; i < 4; i++) {
        runOnce(noise);
      }
      assertThat(TorchRuntime.liveHandles()).isEqualTo(before);
    }
  }

  private static void runOnce(NoiseSource noise) {
    try (TensorScope scope = TensorScope.open()) {
      List<Tensor> clean = sampler().sample(PLAN, 2, 4, linear(DType.BF16), noise);
      assertThat(clean).allMatch(tensor -> tensor.dtype() == DType.F32);
      assertThat(scope).isNotNull();
    }
  }

  /** Latents of steps that are over are freed at once, not at the run's end. */
  @Test
  void stepsDoNotPileUpInsideARun() {
    StagePlan longer = new StagePlanner(SCHEDULER, 8, 2).plan(32, 32, 40, OPTIONS);
    List<Long> handles = new ArrayList<>();
    try (TensorScope scope = TensorScope.open();
        NoiseSource noise = NoiseSource.perImage(1, 1)) {
      sampler()
          .sample(
              longer,
              1,
              2,
              stage ->
                  (z, timestep) -> {
                    handles.add(TorchRuntime.liveHandles());
                    return z.mul(0.5);
                  },
              noise);
      assertThat(scope).isNotNull();
    }
    assertThat(handles).hasSize(40);
    assertThat(handles.get(39)).isEqualTo(handles.get(5));
  }
}
