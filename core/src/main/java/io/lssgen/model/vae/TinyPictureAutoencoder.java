package io.lssgen.model.vae;

import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import java.util.Optional;

/** An {@link AutoencoderTiny} for training. */
record TinyPictureAutoencoder(AutoencoderTiny network) implements PictureAutoencoder {
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
      return scope.keep(network.config().latentScale().toDenoiser(network.encode(pictures)));
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
    try (TensorScope scope = TensorScope.open()) {
      Inside inside = network.decodeInside(network.config().latentScale().toAutoencoder(latents));
      return Optional.of(
          new Inside(scope.keep(inside.picture()), scope.keepAll(inside.activations())));
    }
  }

  @Override
  public Optional<Tensor> firstLevel(Tensor latents) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor own = network.config().latentScale().toAutoencoder(latents);
      return Optional.of(scope.keep(network.firstLevel(own)));
    }
  }
}
