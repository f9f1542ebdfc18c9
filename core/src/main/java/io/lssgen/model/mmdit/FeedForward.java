package io.lssgen.model.mmdit;

import io.lssgen.nn.Init;
import io.lssgen.nn.Linear;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.Functional;
import io.lssgen.tensor.Tensor;

/** Two linear layers with the tanh form of GELU between them, four times as wide inside. */
final class FeedForward {
  private final Linear in;
  private final Linear out;

  FeedForward(Parameters parameters, int width) {
    int inner = 4 * width;
    Parameters net = parameters.child("net");
    in = new Linear(net.child(0).child("proj"), width, inner, true, Init.xavier(width, inner));
    out = new Linear(net.child(2), inner, width, true, Init.xavier(inner, width));
  }

  /** [B, L, D] to the same shape. */
  Tensor forward(Tensor x) {
    return out.forward(Functional.geluTanh(in.forward(x)));
  }
}
