package io.lssgen.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.errors.UsageException;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class MaskedContentTest {
  /** Two channels of two latents, the second of which is free. */
  private static float[] begun(MaskedContent content) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor clean = Tensors.of(new float[] {1, 2, 3, 4}, 1, 2, 1, 2);
      Tensor free = Tensors.of(new float[] {0, 1}, 1, 1, 1, 2);
      return content
          .begin(clean, free, shape -> Tensors.of(new float[] {5, 6, 7, 8}, shape))
          .toFloatArray();
    }
  }

  @Test
  void whatIsKeptStays() {
    assertThat(begun(MaskedContent.ORIGINAL)).containsExactly(1, 2, 3, 4);
    assertThat(begun(MaskedContent.FILL)).containsExactly(1, 2, 3, 4);
    assertThat(begun(MaskedContent.NOISE)).containsExactly(1, 6, 3, 8);
    assertThat(begun(MaskedContent.NOTHING)).containsExactly(1, 0, 3, 0);
  }

  @ParameterizedTest
  @EnumSource
  void eachIsReadByItsNameAndByThatInSettings(MaskedContent content) {
    assertThat(MaskedContent.parse(content.label())).isEqualTo(content);
    assertThat(MaskedContent.ofSetting(content.setting())).isEqualTo(content);
  }

  @Test
  void anUnknownOneIsRefused() {
    assertThatThrownBy(() -> MaskedContent.parse("grey"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("original, fill, noise, nothing");
  }
}
