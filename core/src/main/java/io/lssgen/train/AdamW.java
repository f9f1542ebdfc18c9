package io.lssgen.train;

import io.lssgen.tensor.DType;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Adam with decoupled weight decay (arXiv 1711.05101, algorithm 2), over the flat buffers of {@link
 * TrainableParameters}; matrices may move by {@link Muon} instead.
 */
public final class AdamW implements AutoCloseable {
  /**
   * @param beta1 decay of the mean of gradients, [0, 1)
   * @param beta2 decay of the mean of squared gradients, [0, 1)
   * @param eps added to the root of the latter
   * @param weightDecay fraction of a weight removed per unit of learning rate
   * @param muon whether matrices move by Muon, with {@code beta1} as its momentum
   */
  public record Settings(double beta1, double beta2, double eps, double weightDecay, boolean muon) {
    public Settings {
      if (!(beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1 && eps > 0 && weightDecay >= 0)) {
        throw new IllegalArgumentException(
            "AdamW wants betas in [0, 1), eps above 0, weight decay at least 0; found "
                + beta1
                + ", "
                + beta2
                + ", "
                + eps
                + ", "
                + weightDecay);
      }
    }
  }

  private final Settings settings;
  private final Tensor mean;
  private final Tensor square;
  private final @Nullable Muon muon;
  private final List<Part> all;
  private final List<Part> adams;

  public AdamW(Settings settings, TrainableParameters parameters) {
    this.settings = settings;
    long elements = parameters.layout().elements();
    mean = Tensors.zeros(DType.F32, elements).release();
    square = Tensors.zeros(DType.F32, elements).release();
    muon = settings.muon ? new Muon(parameters.layout()) : null;
    all = Part.between(0, elements);
    adams = muon == null ? all : muon.others(elements);
  }

  /** The running mean of gradients, fp32 [elements]: state to be saved and restored. */
  public Tensor mean() {
    return mean;
  }

  /** The running mean of squared gradients, fp32 [elements]: state to be saved and restored. */
  public Tensor square() {
    return square;
  }

  /**
   * Moves the parameters along their gradients, then clears the gradients.
   *
   * @param step the number of this step, from 1 on
   */
  public void step(TrainableParameters parameters, long step, double learningRate) {
    all.forEach(part -> average(part, parameters, learningRate));
    adams.forEach(part -> move(part, parameters, step, learningRate));
    if (muon != null) {
      muon.move(parameters, mean, settings.beta1, learningRate);
    }
    parameters.gradients().zeroInPlace();
  }

  /** Takes the gradients into their mean and lets the weights decay. */
  private void average(Part part, TrainableParameters parameters, double learningRate) {
    try (TensorScope scope = TensorScope.open()) {
      part.of(mean).lerpInPlace(part.of(parameters.gradients()), 1 - settings.beta1);
      if (settings.weightDecay > 0) {
        Tensor values = part.of(parameters.values());
        values.addcmulInPlace(
            values, part.of(parameters.decayed()), -learningRate * settings.weightDecay);
      }
    }
  }

  private void move(Part part, TrainableParameters parameters, long step, double learningRate) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor gradient = part.of(parameters.gradients());
      Tensor squares = part.of(square);
      squares.mulInPlace(settings.beta2).addcmulInPlace(gradient, gradient, 1 - settings.beta2);
      double meanCorrection = 1 - Math.pow(settings.beta1, step);
      double squareCorrection = 1 - Math.pow(settings.beta2, step);
      Tensor denominator =
          squares.sqrt().mulInPlace(1 / Math.sqrt(squareCorrection)).addInPlace(settings.eps);
      part.of(parameters.values())
          .addcdivInPlace(part.of(mean), denominator, -learningRate / meanCorrection);
    }
  }

  @Override
  public void close() {
    mean.close();
    square.close();
  }
}
