package io.lssgen.scaling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.errors.UsageException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ScalingSpaceTest {
  @ParameterizedTest
  @EnumSource
  void everySpaceIsFoundByItsName(ScalingSpace space) {
    assertThat(ScalingSpace.parse(space.label())).isSameAs(space);
    assertThat(space.scales()).isEqualTo(space != ScalingSpace.NONE);
  }

  @Test
  void anUnknownNameIsRefusedWithTheKnownOnes() {
    assertThatThrownBy(() -> ScalingSpace.parse("lanczos"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("lanczos")
        .hasMessageContaining("neural, bicubic, pixel, dct, none");
  }
}
