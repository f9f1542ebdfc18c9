package io.lssgen.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LearningRateTest {
  private static final Offset<Double> EXACT = Offset.offset(1e-12);

  @ParameterizedTest
  @EnumSource(LearningRate.Schedule.class)
  void risesToThePeakThenNeverRisesAgain(LearningRate.Schedule schedule) {
    LearningRate rate = new LearningRate(schedule, 2e-3, 10, 50, 0.1);
    for (int step = 1; step < 10; step++) {
      assertThat(rate.at(step)).isGreaterThan(rate.at(step - 1));
    }
    assertThat(rate.at(9)).isCloseTo(2e-3, EXACT);
    for (int step = 10; step < 60; step++) {
      assertThat(rate.at(step)).isLessThanOrEqualTo(rate.at(step - 1) + 1e-15);
    }
    double end = schedule == LearningRate.Schedule.CONSTANT ? 2e-3 : 2e-4;
    assertThat(rate.at(50)).isCloseTo(end, EXACT);
    assertThat(rate.at(1000)).isCloseTo(end, EXACT);
  }

  @Test
  void warmUpsBeginAsDocumented() {
    assertThat(new LearningRate(LearningRate.Schedule.LINEAR, 1, 4, 8, 0).at(0))
        .isCloseTo(0.25, EXACT);
    double first = new LearningRate(LearningRate.Schedule.ONE_CYCLE, 1, 1000, 2000, 0).at(0);
    assertThat(first).isBetween(1.0 / 25, 1.0 / 24.9);
  }

  @Test
  void refusesNonsense() {
    assertThatThrownBy(() -> new LearningRate(LearningRate.Schedule.LINEAR, 0, 0, 1, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("peak");
  }
}
