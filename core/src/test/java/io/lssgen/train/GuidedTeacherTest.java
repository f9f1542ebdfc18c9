package io.lssgen.train;

import static io.lssgen.train.TinyTrainees.FLUX;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.lssgen.tensor.DType;
import io.lssgen.tensor.LiveHandles;
import io.lssgen.tensor.Rng;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import io.lssgen.tensor.TorchRuntime;
import io.lssgen.weights.ModelConfig;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What must hold of a guided teacher, on the tiny FLUX model with its golden weights. */
class GuidedTeacherTest {
  private TensorScope scope;
  private GuidedTeacher teacher;

  @BeforeEach
  void load() {
    scope = TensorScope.open();
    teacher = open();
  }

  @AfterEach
  void close() {
    teacher.close();
    scope.close();
  }

  private static GuidedTeacher open() {
    ModelConfig transformer = ModelConfig.read(FLUX.resolve("transformer").resolve("config.json"));
    return GuidedTeacher.open(FLUX, TinyTrainees.flux(transformer, DType.F32)::model);
  }

  private Tensor velocity(String caption, double scale) {
    try (TensorScope inner = TensorScope.open();
        Rng rng = new Rng(3)) {
      Tensor clean = rng.randn(1, 16, 4, 4);
      Tensor noise = rng.randn(1, 16, 4, 4);
      Tensor sigmas = Tensors.full(0.7, DType.F32, 1);
      return inner.keep(
          teacher.predict(
              RectifiedFlow.mix(clean, noise, sigmas.reshape(1, 1, 1, 1)),
              sigmas,
              teacher.encode(List.of(caption)),
              Tensors.full(scale, DType.F32, 1)));
    }
  }

  private static double distance(Tensor a, Tensor b) {
    return a.sub(b).abs().amax(false, 0, 1, 2, 3).item();
  }

  /** Equation 2 of arXiv 2207.12598 is linear in the scale. */
  @Test
  void theVelocityIsLinearInTheScale() {
    Tensor one = velocity("a red apple", 1);
    Tensor two = velocity("a red apple", 2);
    Tensor four = velocity("a red apple", 4);

    assertThat(distance(one, two)).isGreaterThan(1e-4);
    assertThat(distance(four.sub(one), two.sub(one).mul(3))).isLessThan(1e-4);
  }

  @Test
  void withoutACaptionNoScaleChangesAnything() {
    assertThat(distance(velocity("", 1), velocity("", 5))).isLessThan(1e-5);
  }

  @Test
  void scalesAreDrawnFromTheRange() {
    try (Rng rng = new Rng(1)) {
      float[] scales = new ScaleRange(1, 5).draw(500, rng).toFloatArray();
      double least = 9;
      double most = 0;
      for (float scale : scales) {
        least = Math.min(least, scale);
        most = Math.max(most, scale);
      }
      assertThat(least).isBetween(1.0, 1.1);
      assertThat(most).isBetween(4.9, 5.0);
    }
  }

  @Test
  void aStepFreesWhatItTakes() {
    velocity("a red apple", 2).close();
    long before = LiveHandles.settled();
    for (int i = 0; i < 5; i++) {
      velocity("a red apple", 2).close();
    }
    assertThat(TorchRuntime.liveHandles()).isEqualTo(before);
  }

  @Test
  void scalesBelowOneAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ScaleRange(0.5, 3))
        .withMessageContaining("0.5 to 3.0");
  }

  @Test
  void itsWeightsAreFreedWithIt() {
    open().close();
    long before = LiveHandles.settled();
    open().close();
    assertThat(TorchRuntime.liveHandles()).isEqualTo(before);
  }
}
