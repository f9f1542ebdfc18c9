package io.lssgen.model.unet;

import io.lssgen.nn.Init;
import io.lssgen.nn.Parameters;
import io.lssgen.nn.Weight;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;

/**
 * A linear layer over channels, whose weight is stored as [out, in] or, in models that call it a
 * 1×1 convolution, as [out, in, 1, 1]; the computation is the same.
 */
final class Projection {
  private final Weight weight;
  private final Tensor bias;

  Projection(Parameters parameters, int channels, boolean linear, Init init) {
    weight =
        linear
            ? parameters.weight("weight", init, channels, channels)
            : parameters.weight("weight", init, channels, channels, 1, 1);
    bias = parameters.tensor("bias", Init.ZEROS, channels);
  }

  /** [B, L, C] to the same shape. */
  Tensor forward(Tensor x) {
    try (TensorScope scope = TensorScope.open()) {
      return scope.keep(weight.linear(x, bias.to(x.dtype())));
    }
  }
}
