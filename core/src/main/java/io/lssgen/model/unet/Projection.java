package io.lssgen.model.unet;

import io.lssgen.nn.Init;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.Functional;
import io.lssgen.tensor.Tensor;

/**
 * A linear layer over channels, whose weight is stored as [out, in] or, in models that call it a
 * 1×1 convolution, as [out, in, 1, 1]; the computation is the same.
 */
final class Projection {
  private final Tensor weight;
  private final Tensor bias;

  Projection(Parameters parameters, int channels, boolean linear, Init init) {
    weight =
        linear
            ? parameters.tensor("weight", init, channels, channels)
            : parameters.tensor("weight", init, channels, channels, 1, 1);
    bias = parameters.tensor("bias", Init.ZEROS, channels);
  }

  /** [B, L, C] to the same shape. */
  Tensor forward(Tensor x) {
    Tensor matrix = weight.to(x.dtype()).reshape(weight.size(0), weight.size(1));
    return Functional.linear(x, matrix, bias.to(x.dtype()));
  }
}
