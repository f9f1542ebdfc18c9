package io.lssgen.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.errors.UsageException;
import io.lssgen.model.Conditioning;
import io.lssgen.model.Denoiser;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GuidanceTest {
  /** Predicts the number that its prompt is, plus its guidance. */
  private record NumberDenoiser(boolean takesGuidance) implements Denoiser {
    @Override
    public Tensor predict(
        Tensor latents, float timestep, Conditioning conditioning, OptionalDouble guidance) {
      assertThat(guidance.isPresent()).isEqualTo(takesGuidance);
      return conditioning.states().add(guidance.orElse(0)).to(DType.BF16);
    }
  }

  private static Conditioning prompt(double number) {
    return new Conditioning(Tensors.full(number, DType.F32, 1, 1, 1), null);
  }

  private static double predict(Predictor predictor) {
    return predictor.predict(Tensors.zeros(DType.F32, 1, 1, 1, 1), 500).item();
  }

  @Test
  void withoutClassifierFreeGuidanceTheDenoiserIsAskedOnce() {
    try (TensorScope scope = TensorScope.open()) {
      Guidance guidance = Guidance.distilled(3.5);
      assertThat(guidance.usesNegative()).isFalse();
      assertThat(predict(guidance.predictor(new NumberDenoiser(true), prompt(2), null)))
          .isEqualTo(5.5);
      assertThat(predict(guidance.predictor(new NumberDenoiser(false), prompt(2), null)))
          .isEqualTo(2);
      assertThat(scope).isNotNull();
    }
  }

  @Test
  void classifierFreeGuidanceGoesBeyondThePrompt() {
    try (TensorScope scope = TensorScope.open()) {
      Guidance guidance = new Guidance(0, 2.5, 0);
      Predictor predictor = guidance.predictor(new NumberDenoiser(false), prompt(2), prompt(-1));
      assertThat(predict(predictor)).isEqualTo(-1 + 2.5 * 3);
      assertThatThrownBy(() -> guidance.predictor(new NumberDenoiser(false), prompt(2), null))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("2.5");
      assertThat(scope).isNotNull();
    }
  }

  @ParameterizedTest
  @CsvSource({"-1, 1", "NaN, 1", "3.5, 0.5", "3.5, Infinity"})
  void scalesOutOfRangeAreRefused(double distilled, double cfgScale) {
    assertThatThrownBy(() -> new Guidance(distilled, cfgScale, 0))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("found");
  }
}
