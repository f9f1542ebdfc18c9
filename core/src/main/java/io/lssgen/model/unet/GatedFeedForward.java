package io.lssgen.model.unet;

import io.lssgen.nn.Linear;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.Functional;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import java.util.List;

/** Two linear layers with a gate of GELU between them (GEGLU, arXiv 2002.05202). */
final class GatedFeedForward {
  private static final int FACTOR = 4;

  private final Linear in;
  private final Linear out;

  GatedFeedForward(Parameters parameters, int width) {
    Parameters net = parameters.child("net");
    in = new Linear(net.child(0).child("proj"), width, 2L * FACTOR * width);
    out = new Linear(net.child(2), (long) FACTOR * width, width);
  }

  /** [B, L, D] to the same shape. */
  Tensor forward(Tensor x) {
    try (TensorScope scope = TensorScope.open()) {
      List<Tensor> parts = in.forward(x).chunk(2, -1); // [B, L, 4·D] each: values, gates
      return scope.keep(out.forward(parts.get(0).mul(Functional.gelu(parts.get(1)))));
    }
  }
}
