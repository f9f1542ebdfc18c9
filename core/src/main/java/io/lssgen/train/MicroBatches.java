package io.lssgen.train;

import io.lssgen.nn.ParameterSource;
import io.lssgen.tensor.GradMode;
import io.lssgen.tensor.TensorScope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;

/**
 * Sums up the gradients of a step's micro-batches. Workers take them in turns, each on a thread of
 * its own with gradients of its own, which are added at the end: small operations do not become
 * faster by being shared out, whole micro-batches do.
 */
final class MicroBatches implements AutoCloseable {
  private final Trainee trainee;
  private final int count;
  private final List<GradientLeaves> others = new ArrayList<>();
  private final ExecutorService threads;

  /** What a micro-batch came to. */
  record Measured(double loss, Map<String, Double> parts) {}

  /**
   * @param count micro-batches of a step
   * @param workers at most {@code count}
   */
  MicroBatches(Trainee trainee, int count, int workers) {
    this.trainee = trainee;
    this.count = count;
    TrainableParameters parameters = trainee.parameters();
    threads = Executors.newCachedThreadPool(MicroBatches::thread);
    for (int worker = 1; worker < workers; worker++) {
      others.add(new GradientLeaves(parameters.layout(), parameters.values()));
    }
  }

  private static Thread thread(Runnable task) {
    Thread thread = new Thread(task, "training");
    thread.setDaemon(true);
    return thread;
  }

  /**
   * Adds the gradients of the mean loss of the micro-batches from {@code first} on to those of the
   * trainee's parameters. Those of a loss that is not finite are left out.
   *
   * @return what each came to, in their order
   */
  List<Measured> accumulate(long first) {
    Measured[] measured = new Measured[count];
    if (others.isEmpty()) {
      run(first, 0, measured);
    } else {
      together(first, measured);
    }
    return Arrays.asList(measured);
  }

  private void together(long first, Measured[] measured) {
    CompletableFuture<?>[] running =
        IntStream.rangeClosed(0, others.size())
            .mapToObj(
                worker -> CompletableFuture.runAsync(() -> run(first, worker, measured), threads))
            .toArray(CompletableFuture[]::new);
    try {
      CompletableFuture.allOf(running).join(); // all have ended then, even if one has failed
    } catch (CompletionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : e;
    }
    add();
  }

  private void run(long first, int worker, Measured[] measured) {
    ParameterSource weights = worker == 0 ? trainee.parameters() : others.get(worker - 1);
    for (int i = worker; i < count; i += others.size() + 1) {
      measured[i] = backward(weights, first + i);
    }
  }

  private Measured backward(ParameterSource weights, long index) {
    try (TensorScope scope = TensorScope.open()) {
      Trainee.Loss loss = trainee.loss(weights, index);
      double value = loss.total().item();
      if (Double.isFinite(value)) {
        loss.total().div(count).backward();
      }
      return new Measured(value, loss.parts());
    }
  }

  private void add() {
    try (TensorScope scope = TensorScope.open();
        GradMode off = GradMode.disabled()) {
      for (GradientLeaves other : others) {
        trainee.parameters().gradients().addInPlace(other.gradients(), 1);
        other.gradients().zeroInPlace();
      }
    }
  }

  @Override
  public void close() {
    threads.shutdown();
    others.forEach(GradientLeaves::close);
  }
}
