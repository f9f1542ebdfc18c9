package io.lssgen.scaling;

import io.lssgen.errors.ModelException;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.GradMode;
import io.lssgen.tensor.NormalSource;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;

/** The method's own scaling (arXiv 2507.16154): a trained {@link LatentUpsampler}. */
public final class NeuralScaler implements LatentScaler {
  private final LatentUpsampler upsampler;
  private final DType compute;

  /**
   * @param channels channels of the model's latents
   * @param compute the type the network runs in
   * @throws ModelException if the upsampler is made for another number of channels
   */
  public NeuralScaler(LatentUpsampler upsampler, int channels, DType compute) {
    int found = upsampler.config().channels();
    if (found != channels) {
      throw new ModelException(
          "the upsampler is made for latents of %d channels, this model's have %d; give one that"
                  .formatted(found, channels)
              + " was trained with this model's autoencoder, or scale by bicubic or pixel");
    }
    this.upsampler = upsampler;
    this.compute = compute;
  }

  @Override
  public Tensor scale(Tensor latents, NormalSource noise) {
    try (GradMode off = GradMode.disabled();
        TensorScope scope = TensorScope.open()) {
      return scope.keep(upsampler.forward(latents.to(compute)).to(DType.F32));
    }
  }
}
