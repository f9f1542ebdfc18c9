package io.lssgen.model.vae;

import io.lssgen.nn.Conv2d;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.Functional;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;

/** diffusers' {@code AutoencoderTinyBlock}: three convolutions beside a skip, ReLUs between. */
final class TinyBlock {
  private final Conv2d first;
  private final Conv2d second;
  private final Conv2d third;

  TinyBlock(Parameters parameters, int width) {
    // The numbers between are those of the activations.
    first = new Conv2d(parameters.child("conv").child(0), width, width, 3);
    second = new Conv2d(parameters.child("conv").child(2), width, width, 3);
    third = new Conv2d(parameters.child("conv").child(4), width, width, 3);
  }

  /** [B, width, H, W] to the same shape. */
  Tensor forward(Tensor x) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor hidden = Functional.relu(first.forward(x));
      hidden = third.forward(Functional.relu(second.forward(hidden)));
      return scope.keep(Functional.relu(hidden.add(x)));
    }
  }
}
