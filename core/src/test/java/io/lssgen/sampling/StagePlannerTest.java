package io.lssgen.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lssgen.errors.UsageException;
import io.lssgen.schedule.FlowMatchEuler;
import io.lssgen.schedule.FlowMatchEulerConfig;
import io.lssgen.schedule.Tail;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Numbers of the published pipelines (torch on CPU, fp32), and what they leave open. */
class StagePlannerTest {
  private static final StagePlanner DEV =
      new StagePlanner(new FlowMatchEuler(FlowMatchEulerConfig.fluxDev()), 8, 2);
  private static final StagePlanner SCHNELL =
      new StagePlanner(new FlowMatchEuler(FlowMatchEulerConfig.fluxSchnell()), 8, 2);
  private static final StageOptions FLUX = StageOptions.flux();

  private static void assertTimes(Stage stage, int steps, double... timesteps) {
    assertThat(stage.steps()).isEqualTo(steps);
    for (int i = 0; i < timesteps.length; i++) {
      assertThat((double) stage.schedule().timestep(i)).isCloseTo(timesteps[i], within(1e-3));
    }
  }

  private static double last(Stage stage) {
    return stage.schedule().timestep(stage.steps() - 1);
  }

  @Test
  void fluxDevAt1024With28StepsShortened() {
    StagePlan plan = DEV.plan(1024, 1024, 28, FLUX);
    assertThat(plan.stages()).hasSize(2);
    assertTimes(plan.first(), 14, 1000, 960.6438, 918.4716);
    assertThat(last(plan.first())).isCloseTo(126.2038, within(1e-3));
    assertThat(plan.first().schedule().mu().orElseThrow()).isCloseTo(0.63, within(1e-9));
    assertThat(plan.first().width()).isEqualTo(512);
    assertThat(plan.first().latentHeight()).isEqualTo(64);
    assertThat(plan.first().imageTokens()).isEqualTo(1024);
    assertTimes(plan.last(), 14, 759.5109, 732.4128);
    assertThat(last(plan.last())).isCloseTo(104.7209, within(1e-3));
    assertThat(plan.last().scheduleSteps()).isEqualTo(28);
    assertThat(plan.last().schedule().begin()).isEqualTo(14);
    assertThat(plan.last().schedule().mu().orElseThrow()).isCloseTo(1.15, within(1e-9));
    assertThat(plan.totalSteps()).isEqualTo(28);
    assertThat(plan.notes()).isEmpty();
  }

  @Test
  void fluxDevAt1024NotShortened() {
    StagePlan plan = DEV.plan(1024, 1024, 28, FLUX.withShorten(false));
    assertTimes(plan.first(), 28, 1000, 980.6559);
    assertThat(last(plan.first())).isCloseTo(65.0196, within(1e-3));
    assertThat(plan.last().schedule()).isEqualTo(DEV.plan(1024, 1024, 28, FLUX).last().schedule());
  }

  @Test
  void fluxDevWithALowerStartSigma() {
    StagePlan plan = DEV.plan(1024, 1024, 28, FLUX.withStartSigma(0.667));
    assertTimes(plan.first(), 14);
    assertTimes(plan.last(), 11, 671.4348);
  }

  @Test
  void fluxDevWith50And4Steps() {
    StagePlan fifty = DEV.plan(1024, 1024, 50, FLUX);
    assertTimes(fifty.first(), 25);
    assertTimes(fifty.last(), 25);
    StagePlan four = DEV.plan(1024, 1024, 4, FLUX);
    assertTimes(four.first(), 2);
    assertTimes(four.last(), 2, 759.5109, 512.8441);
  }

  @Test
  void fluxDevAt2048CapsItsShift() {
    StagePlan plan = DEV.plan(2048, 2048, 28, FLUX);
    assertThat(plan.stages()).hasSize(3);
    plan.stages().forEach(stage -> assertTimes(stage, 14));
    assertThat(plan.stages().get(2).schedule()).isEqualTo(plan.stages().get(1).schedule());
    assertThat(plan.stages().get(1).width()).isEqualTo(1024);
  }

  @Test
  void schnellWith4Steps() {
    StagePlan plan = SCHNELL.plan(1024, 1024, 4, FLUX);
    assertTimes(plan.first(), 2, 1000, 500);
    assertTimes(plan.last(), 3, 750, 500, 250);
    assertThat(plan.first().schedule().mu()).isEmpty();
    StagePlan whole = SCHNELL.plan(1024, 1024, 4, FLUX.withShorten(false));
    assertTimes(whole.first(), 4, 1000, 750, 500, 250);
    assertTimes(whole.last(), 3, 750, 500, 250);
  }

  @ParameterizedTest
  @CsvSource({"2048, 1", "1024, 1", "512, 2", "256, 4", "128, 6"})
  void shorteningFollowsTheArea(int side, int wanted) {
    StagePlan plan = DEV.plan(side, side, 28, FLUX.withScale(false));
    assertThat(plan.first().shortenFactor()).isEqualTo(wanted);
    assertThat(plan.first().scheduleSteps()).isEqualTo(28 / wanted);
  }

  /** Stage counts of the published SD1.5 table: 20 steps, base 512, from 128: 5, 10 and 20. */
  @Test
  void shorteningCountsFromTheModelsOwnBase() {
    StageOptions options = FLUX.withBase(512, 512).withMinSize(128).withTail(Tail.STRENGTH);
    StagePlan plan = new StagePlanner(SCHNELL.scheduler(), 8, 1).plan(512, 512, 20, options);
    assertThat(plan.stages().stream().map(Stage::scheduleSteps)).containsExactly(5, 10, 20);
    assertThat(plan.stages().stream().map(Stage::steps)).containsExactly(5, 7, 15);
  }

  @Test
  void aStageHasAtLeastOneStep() {
    StagePlan plan = DEV.plan(1024, 1024, 1, FLUX);
    assertThat(plan.first().steps()).isEqualTo(1);
    assertThat(plan.last().steps()).isEqualTo(1);
    assertThat(plan.notes())
        .singleElement()
        .asString()
        .contains("stage 1", "nothing of the stage before", "start sigma 0.75");
  }

  @Test
  void withoutRoomForAStageThePlanIsPlain() {
    assertThat(DEV.plan(256, 256, 8, FLUX).stages()).hasSize(1); // below the smallest size
    assertThat(DEV.plan(1008, 2048, 8, FLUX).stages()).hasSize(1); // below twice that
    assertThat(DEV.plan(1024, 1024, 8, FLUX.withStartSigma(1)).stages()).hasSize(1);
    assertThat(DEV.plan(1024, 1024, 8, FLUX.withScale(false)).stages()).hasSize(1);
    StagePlan plain = DEV.plan(512, 512, 8, FLUX.plain());
    assertThat(plain.first().steps()).isEqualTo(8);
    assertThat(plain.notes()).isEmpty();
  }

  @Test
  void aSingleStageThatIsShortenedSaysSo() {
    StagePlan plan = DEV.plan(512, 512, 28, FLUX);
    assertThat(plan.first().steps()).isEqualTo(14);
    assertThat(plan.notes()).singleElement().asString().contains("28", "14", "512x512");
    assertThat(plan.table()).contains(plan.notes().get(0));
  }

  @Test
  void aSizeThatDoesNotFitIsRefusedWithTheNearestThatDo() {
    assertThatThrownBy(() -> DEV.plan(1040, 1050, 28, FLUX))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("1040x1050")
        .hasMessageContaining("multiples of 32")
        .hasMessageContaining("1024x1024 and 1056x1056");
    assertThatThrownBy(() -> DEV.plan(10, 10, 28, FLUX))
        .isInstanceOf(UsageException.class)
        .hasMessageEndingWith("16x16");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -512, 70_000})
  void sidesOutOfRangeAreRefused(int side) {
    assertThatThrownBy(() -> DEV.plan(side, 512, 28, FLUX))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining(Integer.toString(side));
  }

  @Test
  void requestsThatCannotBePlannedAreRefused() {
    assertThatThrownBy(() -> DEV.plan(1024, 1024, 0, FLUX))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("found 0");
    assertThatThrownBy(() -> DEV.plan(1024, 1024, 1_000_000, FLUX))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("between 1 and 1000")
        .hasMessageContaining("1000000 steps");
    assertThatThrownBy(() -> DEV.plan(1024, 1024, 8, FLUX.withMinSize(8)))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("16")
        .hasMessageContaining("found 8");
    assertThatThrownBy(() -> FLUX.withStartSigma(1.5))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("1.5");
    StageOptions strength = FLUX.withTail(Tail.STRENGTH).withStartSigma(0.2);
    assertThatThrownBy(() -> DEV.plan(1024, 1024, 4, strength))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("0.2500");
  }

  @Test
  void thePlanPrintsAsATableAndAsJson() throws Exception {
    StagePlan plan = DEV.plan(1024, 768, 28, FLUX.withMinSize(256));
    assertThat(plan.table().lines()).hasSize(3);
    assertThat(plan.table()).contains("512x384", "128x96", "of 28");
    ObjectMapper json = new ObjectMapper();
    JsonNode tree = json.readTree(json.writeValueAsString(plan.fields()));
    assertThat(tree.get("stages").size()).isEqualTo(2);
    assertThat(tree.at("/stages/0/timesteps/0").asDouble()).isEqualTo(1000);
    assertThat(tree.at("/stages/1/sigmas").size()).isEqualTo(plan.last().steps() + 1);
    assertThat(tree.get("total_steps").asInt()).isEqualTo(plan.totalSteps());
  }

  @Test
  void picturesOfMorePixelsThanAnyModelMakesAreRefused() {
    assertThat(DEV.plan(16384, 16384, 4, FLUX).last().imageTokens()).isEqualTo(1 << 20);
    assertThat(DEV.plan(65536, 4096, 4, FLUX).last().imageTokens()).isEqualTo(1 << 20);
    assertThatThrownBy(() -> DEV.plan(65536, 65536, 4, FLUX))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("16384x16384")
        .hasMessageContaining("found 65536x65536");
    assertThatThrownBy(() -> DEV.plan(16384, 16400, 4, FLUX.plain()))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("16384x16400");
  }
}
