package io.lssgen.model.flux;

import io.lssgen.model.mmdit.JointAttention;
import io.lssgen.model.mmdit.Modulation;
import io.lssgen.model.mmdit.QueryKeyValue;
import io.lssgen.nn.Init;
import io.lssgen.nn.Linear;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.Functional;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import java.util.List;

/**
 * Attention and feed-forward side by side (arXiv 2302.05442) over text and image as one sequence.
 *
 * <p>Legend: B batch, S tokens, D width.
 */
final class SingleBlock {
  private final Modulation modulation;
  private final QueryKeyValue parts;
  private final Linear feedForward;
  private final Linear out;

  SingleBlock(Parameters parameters, FluxConfig config) {
    int width = config.width();
    int inner = 4 * width;
    modulation = new Modulation(parameters.child("norm").child("linear"), width, 3);
    parts =
        new QueryKeyValue(parameters.child("attn"), QueryKeyValue.Names.IMAGE, config.blockHeads());
    feedForward =
        new Linear(parameters.child("proj_mlp"), width, inner, true, Init.xavier(width, inner));
    out =
        new Linear(
            parameters.child("proj_out"),
            width + inner,
            width,
            true,
            Init.xavier(width + inner, width));
  }

  /** x [B, S, D] to the same shape; the conditioning is [B, D], after SiLU. */
  Tensor forward(Tensor x, Tensor conditioning, Tensor rotations) {
    try (TensorScope scope = TensorScope.open()) {
      List<Tensor> shiftScaleGate = modulation.forward(conditioning);
      Tensor normalised = Modulation.normalise(x, shiftScaleGate.get(0), shiftScaleGate.get(1));
      Tensor hidden = Functional.geluTanh(feedForward.forward(normalised)); // [B, S, 4D]
      Tensor mixed = JointAttention.attend(parts.forward(normalised), rotations);
      Tensor joined = out.forward(Tensors.cat(List.of(mixed, hidden), 2)); // [B, S, 5D] -> D
      return scope.keep(x.addcmul(shiftScaleGate.get(2), joined));
    }
  }
}
