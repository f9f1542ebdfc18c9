package io.lssgen.train;

import io.lssgen.nn.Linear;
import io.lssgen.nn.ParameterSource;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import java.nio.file.Path;
import java.util.Map;

/** Linear regression, so that another library can be asked for the same steps. */
final class RegressionTrainee implements Trainee {
  private final TrainableParameters parameters =
      new TrainableParameters(root -> new Linear(root, 3, 2));
  private final float[] inputs;
  private final float[] targets;
  private final int batch;

  /**
   * @param inputs rows of 3
   * @param targets rows of 2
   * @param batch rows of a micro-batch
   */
  RegressionTrainee(float[] inputs, float[] targets, int batch) {
    this.inputs = inputs.clone();
    this.targets = targets.clone();
    this.batch = batch;
  }

  void start(float[] weight, float[] bias) {
    try (TensorScope scope = TensorScope.open();
        FlatParameters views = new FlatParameters(parameters.layout(), parameters.values())) {
      views.at("weight").copyInPlace(Tensors.of(weight, 2, 3));
      views.at("bias").copyInPlace(Tensors.of(bias, 2));
    }
  }

  @Override
  public TrainableParameters parameters() {
    return parameters;
  }

  @Override
  public Loss loss(ParameterSource weights, long index) {
    try (TensorScope scope = TensorScope.open()) {
      Linear model = new Linear(Parameters.of(weights), 3, 2);
      Tensor error = model.forward(rows(inputs, 3, index)).sub(rows(targets, 2, index));
      return new Loss(scope.keep(error.square().mean()), Map.of());
    }
  }

  private Tensor rows(float[] table, int width, long index) {
    float[] values = new float[batch * width];
    int rows = table.length / width;
    for (int i = 0; i < batch; i++) {
      int row = (int) ((index * batch + i) % rows);
      System.arraycopy(table, row * width, values, i * width, width);
    }
    return Tensors.of(values, batch, width);
  }

  @Override
  public int images(long index) {
    return batch;
  }

  @Override
  public void writeSamples(FlatParameters weights, Path file) {}

  @Override
  public void export(FlatParameters weights, Path folder) {}

  @Override
  public void close() {
    parameters.close();
  }
}
