package io.lssgen.model.unet;

import io.lssgen.nn.GroupNorm;
import io.lssgen.nn.Init;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import java.util.ArrayList;
import java.util.List;

/**
 * diffusers' {@code Transformer2DModel} (arXiv 2112.10752, section 3.3): transformer blocks over
 * the places of a feature map, beside a skip.
 *
 * <p>Legend: B batch, C channels, h and w places, L = h·w.
 */
final class SpatialTransformer {
  private static final double EPS = 1e-6;

  private final GroupNorm norm;
  private final Projection in;
  private final List<TransformerBlock> blocks = new ArrayList<>();
  private final Projection out;

  SpatialTransformer(Parameters parameters, UNetConfig config, UNetConfig.Level level) {
    int channels = level.channels();
    boolean linear = config.linearProjection();
    norm = new GroupNorm(parameters.child("norm"), config.groups(), channels, EPS);
    in = new Projection(parameters.child("proj_in"), channels, linear, Init.fanIn(channels));
    Parameters list = parameters.child("transformer_blocks");
    for (int i = 0; i < level.transformers(); i++) {
      blocks.add(new TransformerBlock(list.child(i), channels, config.textWidth(), level.heads()));
    }
    out = new Projection(parameters.child("proj_out"), channels, linear, Init.ZEROS);
  }

  /** x [B, C, h, w], text [B, S, text width] to [B, C, h, w]. */
  Tensor forward(Tensor x, Tensor text) {
    try (TensorScope scope = TensorScope.open()) {
      long batch = x.size(0);
      long channels = x.size(1);
      Tensor map = norm.forward(x).permute(0, 2, 3, 1); // [B, h, w, C]: as it lies in memory
      Tensor places = in.forward(map.reshape(batch, x.size(2) * x.size(3), channels)); // [B, L, C]
      for (TransformerBlock block : blocks) {
        places = block.forward(places, text);
      }
      Tensor back = out.forward(places).reshape(batch, x.size(2), x.size(3), channels);
      return scope.keep(x.add(back.permute(0, 3, 1, 2)));
    }
  }
}
