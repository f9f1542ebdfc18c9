package io.lssgen.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.lssgen.sampling.Stage;
import io.lssgen.sampling.StageOptions;
import io.lssgen.sampling.StagePlan;
import io.lssgen.schedule.Schedule;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

/** What is left is told by image tokens: a step of the large stage is four of the small one. */
class ProgressDisplayTest {
  private static final Stage SMALL = stage(0, 32, 4);
  private static final Stage LARGE = stage(1, 64, 3);
  private static final StagePlan PLAN =
      new StagePlan(List.of(SMALL, LARGE), StageOptions.flux(), 4);

  private final StringWriter err = new StringWriter();

  /** Steps of 16 tokens at 32×32, of 64 at 64×64. */
  private static Stage stage(int index, int side, int steps) {
    Schedule schedule =
        new Schedule(new float[steps], new float[steps + 1], OptionalDouble.empty());
    int latents = side / 8;
    long tokens = (long) latents * latents;
    return new Stage(index, side, side, latents, latents, tokens, 1, steps, schedule);
  }

  private static void steps(ProgressDisplay display, Stage stage, int steps) {
    display.stageStarted(stage);
    for (int i = 1; i <= steps; i++) {
      display.stepDone(
          stage,
          i,
          () -> {
            throw new AssertionError("a bar wants no latents");
          });
    }
  }

  private static void assertLeft(ProgressDisplay display, int elapsed, int left) {
    assertThat(display.left(Duration.ofSeconds(elapsed))).contains(Duration.ofSeconds(left));
  }

  @Test
  void timeLeftFollowsTheTokensOfAllPictures() {
    try (ProgressDisplay display = new ProgressDisplay(2, new PrintWriter(err))) {
      display.imageStarted(0, 7, PLAN);
      assertThat(display.left(Duration.ofSeconds(9))).isEmpty();

      // In units of 16 tokens a picture is 4 + 3 · 4 = 16, and both are 32.
      steps(display, SMALL, 4);
      assertLeft(display, 4, 28);
      steps(display, LARGE, 3);
      assertLeft(display, 16, 16);
      display.imageStarted(1, 8, PLAN);
      steps(display, SMALL, 4);
      steps(display, LARGE, 1);
      assertLeft(display, 48, 16); // two seconds a unit now
      steps(display, LARGE, 2);
      assertLeft(display, 48, 0);
    }
    assertThat(err.toString()).contains("image 2/2, stage 2/2 64x64");
  }
}
