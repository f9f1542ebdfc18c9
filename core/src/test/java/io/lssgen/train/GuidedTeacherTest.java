package io.lssgen.train;

import static io.lssgen.model.GoldenTensors.ROOT;
import static io.lssgen.train.TinyTrainees.FLUX;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.lssgen.model.clip.ClipTextConfig;
import io.lssgen.model.flux.FluxConfig;
import io.lssgen.model.t5.T5Config;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Rng;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import io.lssgen.tensor.TorchRuntime;
import io.lssgen.text.ClipTokenizer;
import io.lssgen.text.T5Tokenizer;
import io.lssgen.text.Tokenizers;
import io.lssgen.weights.ModelConfig;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What must hold of a guided teacher, on the tiny FLUX model with its golden weights. */
class GuidedTeacherTest {
  private static final int TOKENS = 16;

  private final ClipTokenizer clip = Tokenizers.clip(FLUX.resolve("tokenizer"));
  private final T5Tokenizer t5 = Tokenizers.t5(FLUX.resolve("tokenizer_2"));
  private TensorScope scope;
  private GuidedTeacher teacher;

  @BeforeEach
  void load() {
    scope = TensorScope.open();
    teacher = teacher(1, 5);
  }

  @AfterEach
  void close() {
    teacher.close();
    scope.close();
  }

  private GuidedTeacher teacher(double low, double high) {
    return teacher(low, high, config("transformer"));
  }

  private GuidedTeacher teacher(double low, double high, ModelConfig transformer) {
    FluxParts.Config parts =
        new FluxParts.Config(
            FluxConfig.of(transformer),
            ClipTextConfig.of(config("text_encoder")),
            T5Config.of(config("text_encoder_2")));
    return new GuidedTeacher(
        FLUX,
        parts,
        new DenoiserTrainee.Settings(0, 0, TOKENS, TOKENS, DType.F32, 1),
        clip,
        t5,
        low,
        high);
  }

  private static ModelConfig config(String component) {
    return ModelConfig.read(FLUX.resolve(component).resolve("config.json"));
  }

  private Tensor velocity(String caption, double scale) {
    try (TensorScope inner = TensorScope.open();
        Rng rng = new Rng(3)) {
      Tensor clean = rng.randn(1, 16, 4, 4);
      Tensor noise = rng.randn(1, 16, 4, 4);
      Tensor sigmas = Tensors.full(0.7, DType.F32, 1);
      return inner.keep(
          teacher.velocity(
              new VelocityTarget.Sample(
                  clean,
                  noise,
                  Flow.mix(clean, noise, sigmas.reshape(1, 1, 1, 1)),
                  sigmas,
                  Tensors.of(clip.encode(caption, TOKENS).ids(), 1, TOKENS),
                  Tensors.of(t5.encode(caption, TOKENS).ids(), 1, TOKENS),
                  Tensors.full(scale, DType.F32, 1))));
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
      float[] scales = teacher.guidance(500, rng).toFloatArray();
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
    long before = TorchRuntime.liveHandles();
    for (int i = 0; i < 5; i++) {
      velocity("a red apple", 2).close();
    }
    assertThat(TorchRuntime.liveHandles()).isEqualTo(before);
  }

  @Test
  void scalesBelowOneAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> teacher(0.5, 3))
        .withMessageContaining("0.5 to 3.0");
  }

  @Test
  void aStudentWithoutAGuidanceEmbeddingIsRefused() {
    ModelConfig schnell =
        ModelConfig.read(ROOT.resolve("flux-tiny-schnell/transformer/config.json"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> teacher(1, 3, schnell))
        .withMessageContaining("guidance_embeds of transformer is false");
  }

  @Test
  void itsWeightsAreFreedWithIt() {
    teacher(1, 5).close();
    long before = TorchRuntime.liveHandles();
    teacher(1, 5).close();
    assertThat(TorchRuntime.liveHandles()).isEqualTo(before);
  }
}
