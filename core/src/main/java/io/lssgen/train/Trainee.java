package io.lssgen.train;

import io.lssgen.nn.ParameterSource;
import io.lssgen.tensor.Tensor;
import java.nio.file.Path;
import java.util.Map;

/** What a {@link TrainingLoop} trains: a model, its data and its loss. */
public interface Trainee extends AutoCloseable {
  /** The parameters that the loss depends on. */
  TrainableParameters parameters();

  /**
   * The loss of micro-batch {@code index}. Data and random draws depend on the index and the run's
   * seed alone, so that a resumed run goes on exactly as if it had never stopped. Several threads
   * may ask at once, each with weights of its own.
   *
   * @param weights the {@link #parameters}, or others of the same names and values
   */
  Loss loss(ParameterSource weights, long index);

  /** Images that micro-batch {@code index} holds, for the speed that is reported. */
  int images(long index);

  /** Writes pictures that show what {@code weights} have learnt. */
  void writeSamples(FlatParameters weights, Path file);

  /** Writes a model that generation can load, in the diffusers layout. */
  void export(FlatParameters weights, Path folder);

  @Override
  void close();

  /**
   * @param total a scalar to be minimised
   * @param parts named parts of it, for the log
   */
  record Loss(Tensor total, Map<String, Double> parts) {
    public Loss {
      parts = Map.copyOf(parts);
    }

    /** A loss of one part. */
    static Loss of(Tensor total) {
      return new Loss(total, Map.of());
    }
  }
}
