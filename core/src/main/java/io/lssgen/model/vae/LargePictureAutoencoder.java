package io.lssgen.model.vae;

import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import java.util.Optional;

/** An {@link AutoencoderKl} for training. */
public record LargePictureAutoencoder(AutoencoderKl network) implements PictureAutoencoder {
  @Override
  public int channels() {
    return network.config().latentChannels();
  }

  @Override
  public int factor() {
    return network.config().factor();
  }

  @Override
  public Tensor encode(Tensor pictures) {
    try (TensorScope scope = TensorScope.open()) {
      return scope.keep(network.config().latentScale().toDenoiser(network.encode(pictures).mean()));
    }
  }

  @Override
  public Tensor decode(Tensor latents) {
    try (TensorScope scope = TensorScope.open()) {
      return scope.keep(network.decode(network.config().latentScale().toAutoencoder(latents)));
    }
  }

  @Override
  public Optional<Inside> decodeInside(Tensor latents) {
    return Optional.empty();
  }

  @Override
  public Optional<Tensor> firstLevel(Tensor latents) {
    return Optional.empty();
  }
}
