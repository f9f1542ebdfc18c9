package io.lssgen.train;

import io.lssgen.nn.ParameterSource;
import java.nio.file.Path;
import java.util.function.LongFunction;
import java.util.function.UnaryOperator;

/** A real trainee whose losses and exports a test looks at or spoils. */
final class WatchedTrainee implements Trainee {
  private final Trainee inner;
  private LongFunction<UnaryOperator<Loss>> watch = index -> loss -> loss;
  private Runnable duringExport = () -> {};
  private Runnable duringSamples = () -> {};

  WatchedTrainee(Trainee inner) {
    this.inner = inner;
  }

  /** Before each loss {@code watch} is told its number; what it gives back changes the loss. */
  WatchedTrainee onLoss(LongFunction<UnaryOperator<Loss>> change) {
    watch = change;
    return this;
  }

  WatchedTrainee duringExport(Runnable action) {
    duringExport = action;
    return this;
  }

  WatchedTrainee duringSamples(Runnable action) {
    duringSamples = action;
    return this;
  }

  @Override
  public TrainableParameters parameters() {
    return inner.parameters();
  }

  @Override
  public Loss loss(ParameterSource weights, long index) {
    return watch.apply(index).apply(inner.loss(weights, index));
  }

  @Override
  public int images(long index) {
    return inner.images(index);
  }

  @Override
  public void writeSamples(FlatParameters weights, Path file) {
    inner.writeSamples(weights, file);
    duringSamples.run();
  }

  @Override
  public void export(FlatParameters weights, Path folder) {
    inner.export(weights, folder);
    duringExport.run();
  }

  @Override
  public void close() {
    inner.close();
  }
}
