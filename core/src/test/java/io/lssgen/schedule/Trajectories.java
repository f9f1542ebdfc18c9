package io.lssgen.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.lssgen.tensor.Rng;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;

/** Whole runs against those that the golden scripts of schedulers wrote down. */
final class Trajectories {
  private static final double TOLERANCE = 1e-4;
  private static final long[] SHAPE = {1, 1, 2, 3};

  private Trajectories() {}

  /** Runs {@code schedule} from the seed of {@code wanted}, and compares every level. */
  static void assertEqual(JsonNode wanted, Scheduler scheduler, Schedule schedule) {
    int begin = wanted.get("begin").asInt();
    assertThat(schedule.begin()).isEqualTo(begin);
    try (Rng rng = new Rng(wanted.get("seed").asLong());
        TensorScope scope = TensorScope.open();
        Stepper stepper = scheduler.stepper(schedule, rng::randn)) {
      assertThat(scope).isNotNull();
      Tensor latents =
          begin == 0
              ? scheduler.initialLatents(rng.randn(SHAPE), schedule)
              : scheduler.addNoise(rng.randn(SHAPE).mul(0.7), rng.randn(SHAPE), schedule);
      assertLevel(wanted, 0, latents);
      int level = 0;
      while (stepper.hasNext()) {
        assertTimestep(stepper.timestep(), wanted.get("timesteps").get(level).asDouble());
        latents = stepper.step(latents, model(stepper.input(latents), stepper.timestep()));
        level++;
        assertLevel(wanted, level, latents);
      }
      assertThat(level).isEqualTo(wanted.get("timesteps").size()).isEqualTo(schedule.evaluations());
    }
  }

  /** The golden script's. */
  private static Tensor model(Tensor input, double timestep) {
    return input.mul(0.8).add(0.3 * Math.cos(timestep / 250)).tanh();
  }

  private static void assertTimestep(float found, double wanted) {
    assertThat((double) found).isCloseTo(wanted, within(wanted == Math.rint(wanted) ? 0.0 : 1e-3));
  }

  private static void assertLevel(JsonNode wanted, int level, Tensor found) {
    double scale = 0;
    for (JsonNode value : wanted.get("trajectory").get(level)) {
      scale = Math.max(scale, Math.abs(value.asDouble()));
    }
    float[] values = found.toFloatArray();
    for (int i = 0; i < values.length; i++) {
      assertThat((double) values[i])
          .as("level %s of %s, begin %s", level, wanted.get("config"), wanted.get("begin"))
          .isCloseTo(
              wanted.get("trajectory").get(level).get(i).asDouble(), within(scale * TOLERANCE));
    }
  }
}
