package io.lssgen.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.lssgen.model.Conditioning;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Rng;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import io.lssgen.tensor.TorchRuntime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TellingTest {
  private static final int PICTURES = 400;

  private final List<AutoCloseable> resources = new ArrayList<>();
  private TensorScope scope;
  private DenoiserModel model;
  private Objective.Pictures pictures;

  @BeforeEach
  void open() {
    TorchRuntime.threads(1);
    FluxDenoiserFamily family = TinyTrainees.flux();
    TrainableParameters parameters = TinyTrainees.fluxWeights(family, resources);
    scope = TensorScope.open();
    model = family.model(Parameters.of(parameters));
    resources.add(model);
    pictures =
        new Objective.Pictures(
            Tensors.zeros(DType.F32, PICTURES, 1, 1, 1),
            Collections.nCopies(PICTURES, "a red apple"));
  }

  @AfterEach
  void close() throws Exception {
    scope.close();
    TinyTrainees.close(resources);
  }

  private Conditioning told(double dropout) {
    try (Rng rng = new Rng(3)) {
      return new Telling(dropout).text(model, pictures, rng);
    }
  }

  private static float[] pooled(Conditioning text) {
    return Objects.requireNonNull(text.pooled()).toFloatArray();
  }

  @Test
  void aShareOfThePicturesHasNoPooledVectorAndAllHaveTheirWords() {
    Conditioning all = told(0);
    Conditioning some = told(0.7);
    assertThat(some.states().toFloatArray()).containsExactly(all.states().toFloatArray());

    float[] whole = pooled(all);
    float[] left = pooled(some);
    int width = whole.length / PICTURES;
    int kept = 0;
    for (int i = 0; i < PICTURES; i++) {
      boolean same = true;
      boolean none = true;
      for (int j = i * width; j < (i + 1) * width; j++) {
        same &= left[j] == whole[j];
        none &= left[j] == 0;
      }
      assertThat(same ^ none).as("picture %d has all of its vector or nothing", i).isTrue();
      kept += same ? 1 : 0;
    }
    assertThat(kept / (double) PICTURES).isCloseTo(0.3, within(0.07)); // three deviations
  }

  @Test
  void nothingIsDrawnWhereNothingIsDropped() {
    try (Rng asked = new Rng(3);
        Rng fresh = new Rng(3)) {
      Telling.ALL.text(model, pictures, asked);
      Tensor next = asked.rand(2);
      assertThat(next.toFloatArray()).containsExactly(fresh.rand(2).toFloatArray());
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {-0.1, 1, Double.NaN})
  void sharesOutsideOfTheirRangeAreRefused(double share) {
    assertThatThrownBy(() -> new Telling(share))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("pooled_dropout must be in [0, 1), found " + share);
  }
}
