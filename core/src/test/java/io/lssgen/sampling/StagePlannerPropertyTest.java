package io.lssgen.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import io.lssgen.errors.UsageException;
import io.lssgen.schedule.FlowMatchEuler;
import io.lssgen.schedule.FlowMatchEulerConfig;
import io.lssgen.schedule.Schedule;
import io.lssgen.schedule.Tail;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;

class StagePlannerPropertyTest {
  private static final StagePlanner PLANNER =
      new StagePlanner(new FlowMatchEuler(FlowMatchEulerConfig.fluxDev()), 8, 2);

  @Property(tries = 300)
  void everyPlanDoublesUpToTheRequestedSize(
      @ForAll @IntRange(min = 1, max = 40) int columns,
      @ForAll @IntRange(min = 1, max = 40) int rows,
      @ForAll @IntRange(min = 16, max = 400) int minSize,
      @ForAll @IntRange(min = 1, max = 60) int steps,
      @ForAll @DoubleRange(min = 0.01, max = 1) double startSigma,
      @ForAll boolean shorten) {
    StageOptions options =
        StageOptions.flux().withMinSize(minSize).withStartSigma(startSigma).withShorten(shorten);
    int width = 64 * columns;
    int height = 64 * rows;
    StagePlan plan;
    try {
      plan = PLANNER.plan(width, height, steps, options);
    } catch (UsageException e) {
      assertThat(e).hasMessageContaining("does not fit");
      return;
    }
    List<Stage> stages = plan.stages();
    assertThat(plan.last().width()).isEqualTo(width);
    assertThat(plan.last().height()).isEqualTo(height);
    for (int i = 0; i < stages.size(); i++) {
      Stage stage = stages.get(i);
      assertThat(stage.index()).isEqualTo(i);
      assertThat(stage.steps()).isBetween(1, stage.scheduleSteps());
      assertThat(stage.scheduleSteps()).isLessThanOrEqualTo(steps);
      assertThat(stage.latentWidth() * 8).isEqualTo(stage.width());
      assertThat(stage.imageTokens() * 4)
          .isEqualTo((long) stage.latentWidth() * stage.latentHeight());
      assertThat(stage.schedule().sigma(stage.steps())).isZero();
      if (i > 0) {
        assertThat(stage.width()).isEqualTo(2 * stages.get(i - 1).width());
        assertThat(stage.height()).isEqualTo(2 * stages.get(i - 1).height());
        assertThat(stage.schedule().timestep(0))
            .isGreaterThanOrEqualTo((float) (1000 * startSigma));
      } else {
        assertThat(stage.schedule().timestep(0)).isEqualTo(1000);
        // One more halving would go below the smallest size, where halving is wanted at all.
        int smallest = Math.min(stage.width(), stage.height());
        assertThat(startSigma == 1 || smallest / 2 < minSize).isTrue();
        assertThat(stages.size() == 1 || smallest >= minSize).isTrue();
      }
    }
  }

  @Property(tries = 500)
  void theSizesThatARefusalNamesDoFitAndEncloseTheRequest(
      @ForAll @IntRange(min = 1, max = 5000) int width,
      @ForAll @IntRange(min = 1, max = 5000) int height,
      @ForAll @IntRange(min = 16, max = 1500) int minSize) {
    StageOptions options = StageOptions.flux().withMinSize(minSize);
    try {
      PLANNER.plan(width, height, 4, options);
    } catch (UsageException e) {
      Matcher sizes =
          Pattern.compile("(\\d+)x(\\d+)")
              .matcher(e.getMessage().substring(e.getMessage().indexOf("nearest")));
      int found = 0;
      while (sizes.find()) {
        int w = Integer.parseInt(sizes.group(1));
        int h = Integer.parseInt(sizes.group(2));
        assertThat(PLANNER.plan(w, h, 4, options).last().width()).isEqualTo(w);
        boolean below = w <= width && h <= height;
        boolean above = w >= width && h >= height;
        assertThat(below || above).isTrue();
        found++;
      }
      assertThat(found).isBetween(1, 2);
    }
  }

  @Property(tries = 300)
  void tailsAreEndsOfTheScheduleAndGrowWithTheStartSigma(
      @ForAll @IntRange(min = 1, max = 100) int steps,
      @ForAll @DoubleRange(min = 0.01, max = 1) double low,
      @ForAll @DoubleRange(min = 0.01, max = 1) double high) {
    Schedule full = PLANNER.scheduler().schedule(steps, 1024);
    Schedule less = Tail.TIMESTEP.of(full, Math.min(low, high));
    Schedule more = Tail.TIMESTEP.of(full, Math.max(low, high));
    assertThat(less.steps()).isLessThanOrEqualTo(more.steps());
    assertThat(less).isEqualTo(full.from(steps - less.steps()));
    if (steps > less.begin() + 1) {
      assertThat(less.timestep(1)).isLessThan((float) (1000 * Math.min(low, high)));
    }
  }
}
