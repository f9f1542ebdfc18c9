package io.lssgen.model.mmdit;

import io.lssgen.nn.Init;
import io.lssgen.nn.Linear;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.Functional;
import io.lssgen.tensor.Tensor;
import java.util.List;

/**
 * Shifts, scales and gates of a block from the conditioning vector (adaLN-Zero, arXiv 2212.09748).
 * A fresh one is zero, so that a fresh block passes its input on unchanged.
 *
 * <p>Legend: B batch, L tokens, D width.
 */
public final class Modulation {
  private static final double EPS = 1e-6;

  private final Linear linear;
  private final int parts;

  public Modulation(Parameters parameters, int width, int parts) {
    linear = new Linear(parameters, width, (long) parts * width, true, Init.ZEROS);
    this.parts = parts;
  }

  /** The conditioning [B, D], after SiLU, to {@code parts} tensors [B, 1, D]. */
  public List<Tensor> forward(Tensor conditioning) {
    return linear.forward(conditioning).unsqueeze(1).chunk(parts, 2);
  }

  /** norm(x) · (1 + scale) + shift for x [B, L, D]; the statistics are taken in fp32. */
  public static Tensor normalise(Tensor x, Tensor shift, Tensor scale) {
    return shift.addcmul(Functional.layerNorm(x, null, null, EPS), scale.add(1));
  }
}
