package io.lssgen.model.vae;

import io.lssgen.nn.Conv2d;
import io.lssgen.nn.DoublingConv2d;
import io.lssgen.nn.GroupNorm;
import io.lssgen.nn.Parameters;
import io.lssgen.nn.ResidualBlock;
import io.lssgen.tensor.Functional;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** diffusers' VAE {@code Decoder}: latent to image. */
final class Decoder {
  private final Conv2d convIn;
  private final MiddleBlock middle;
  private final List<Level> levels = new ArrayList<>();
  private final GroupNorm normOut;
  private final Conv2d convOut;

  Decoder(Parameters parameters, AutoencoderKlConfig config) {
    List<Integer> channels = config.blockChannels();
    int count = channels.size();
    int deepest = channels.get(count - 1);
    convIn = new Conv2d(parameters.child("conv_in"), config.latentChannels(), deepest, 3);
    middle =
        new MiddleBlock(
            parameters.child("mid_block"), deepest, config.groups(), config.middleAttention());
    for (int i = 0; i < count; i++) {
      int in = channels.get(Math.min(count - 1, count - i));
      int out = channels.get(count - 1 - i);
      Parameters level = parameters.child("up_blocks").child(i);
      levels.add(new Level(level, config, in, out, i == count - 1));
    }
    int first = channels.get(0);
    normOut =
        new GroupNorm(
            parameters.child("conv_norm_out"), config.groups(), first, AutoencoderKlConfig.EPS);
    convOut = new Conv2d(parameters.child("conv_out"), first, config.imageChannels(), 3);
  }

  /** [B, C, h, w] to [B, 3, h·factor, w·factor]. */
  Tensor forward(Tensor latent) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor hidden = middle.forward(convIn.forward(latent.channelsLast()));
      for (Level level : levels) {
        hidden = level.forward(hidden);
      }
      hidden = convOut.forward(Functional.silu(normOut.forward(hidden)));
      return scope.keep(hidden.contiguous());
    }
  }

  private static final class Level {
    private final List<ResidualBlock> blocks = new ArrayList<>();
    private final @Nullable DoublingConv2d upsample;

    Level(Parameters parameters, AutoencoderKlConfig config, int in, int out, boolean last) {
      for (int j = 0; j <= config.layersPerBlock(); j++) {
        blocks.add(
            new ResidualBlock(
                parameters.child("resnets").child(j),
                j == 0 ? in : out,
                out,
                config.groups(),
                AutoencoderKlConfig.EPS));
      }
      Parameters above = parameters.child("upsamplers").child(0).child("conv");
      upsample = last ? null : new DoublingConv2d(above, out, out);
    }

    Tensor forward(Tensor x) {
      try (TensorScope scope = TensorScope.open()) {
        Tensor hidden = x;
        for (ResidualBlock block : blocks) {
          hidden = block.forward(hidden);
        }
        if (upsample != null) {
          hidden = upsample.forward(hidden);
        }
        return scope.keep(hidden);
      }
    }
  }
}
