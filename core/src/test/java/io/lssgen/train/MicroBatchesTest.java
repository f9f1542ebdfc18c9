package io.lssgen.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.errors.LssGenException;
import io.lssgen.tensor.LiveHandles;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.TorchRuntime;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MicroBatchesTest {
  private static RegressionTrainee trainee() {
    RegressionTrainee trainee =
        new RegressionTrainee(
            new float[] {1, 2, 3, -1, 0, 1, 2, 2, 0, 1, -1, 1},
            new float[] {1, 0, 0, 1, 2, 1, -1, 0},
            1);
    trainee.start(new float[] {1, 0, 1, 0, 1, 0}, new float[] {0, 1});
    return trainee;
  }

  private static float[] gradients(int count, int workers) {
    try (RegressionTrainee trainee = trainee();
        MicroBatches batches = new MicroBatches(trainee, count, workers)) {
      assertThat(batches.accumulate(0)).hasSize(count);
      return trainee.parameters().gradients().toFloatArray();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4})
  void theSumIsTheSameHoweverManyShareIt(int workers) {
    float[] alone = gradients(4, 1);
    float[] together = gradients(4, workers);
    assertThat(alone).doesNotContain(0f);
    assertThat(together).containsExactly(alone, org.assertj.core.data.Offset.offset(1e-6f));
  }

  /** Each waits until all are there, which those who take turns on one thread would never be. */
  @Test
  void workersWorkAtTheSameTime() {
    CyclicBarrier all = new CyclicBarrier(3);
    Set<Thread> threads = ConcurrentHashMap.newKeySet();
    try (WatchedTrainee trainee =
            new WatchedTrainee(trainee())
                .onLoss(
                    index -> {
                      threads.add(Thread.currentThread());
                      meet(all);
                      return loss -> loss;
                    });
        MicroBatches batches = new MicroBatches(trainee, 3, 3)) {
      batches.accumulate(0);
    }
    assertThat(threads).hasSize(3);
  }

  private static void meet(CyclicBarrier barrier) {
    try {
      barrier.await(20, TimeUnit.SECONDS);
    } catch (InterruptedException | BrokenBarrierException | TimeoutException e) {
      throw new IllegalStateException(e);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void whatOneOfThemThrowsIsThrown(int workers) {
    try (WatchedTrainee trainee =
            new WatchedTrainee(trainee())
                .onLoss(
                    index -> {
                      if (index == 1) {
                        throw new LssGenException("the picture is gone");
                      }
                      return loss -> loss;
                    });
        MicroBatches batches = new MicroBatches(trainee, 2, workers)) {
      assertThatThrownBy(() -> batches.accumulate(0))
          .isInstanceOf(LssGenException.class)
          .hasMessage("the picture is gone");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void aLossThatIsNotFiniteLeavesTheGradientsFinite(int workers) {
    try (WatchedTrainee trainee =
            new WatchedTrainee(trainee())
                .onLoss(
                    index ->
                        loss ->
                            index == 1
                                ? new Trainee.Loss(loss.total().mul(Double.NaN), Map.of())
                                : loss);
        MicroBatches batches = new MicroBatches(trainee, 2, workers)) {
      assertThat(batches.accumulate(0).get(1).loss()).isNaN();
      for (float gradient : trainee.parameters().gradients().toFloatArray()) {
        assertThat(gradient).isFinite();
      }
    }
  }

  @Test
  void nothingIsLeftBehind() {
    gradients(4, 2);
    long before = LiveHandles.settled();
    for (int i = 0; i < 20; i++) {
      try (TensorScope scope = TensorScope.open()) {
        gradients(4, 2);
        assertThat(scope).isNotNull();
      }
    }
    // Less where the garbage collector closes what other tests have left to it meanwhile.
    assertThat(TorchRuntime.liveHandles()).isLessThanOrEqualTo(before);
  }
}
