package io.lssgen.model.vae;

import io.lssgen.nn.Conv2d;
import io.lssgen.nn.GroupNorm;
import io.lssgen.nn.Parameters;
import io.lssgen.nn.ResidualBlock;
import io.lssgen.tensor.Functional;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** diffusers' VAE {@code Encoder}: image to the moments of a latent. */
final class Encoder {
  private final Conv2d convIn;
  private final List<Level> levels = new ArrayList<>();
  private final MiddleBlock middle;
  private final GroupNorm normOut;
  private final Conv2d convOut;

  Encoder(Parameters parameters, AutoencoderKlConfig config) {
    List<Integer> channels = config.blockChannels();
    int deepest = channels.get(channels.size() - 1);
    convIn = new Conv2d(parameters.child("conv_in"), config.imageChannels(), channels.get(0), 3);
    for (int i = 0; i < channels.size(); i++) {
      int in = channels.get(Math.max(0, i - 1));
      boolean last = i == channels.size() - 1;
      levels.add(
          new Level(parameters.child("down_blocks").child(i), config, in, channels.get(i), last));
    }
    middle =
        new MiddleBlock(
            parameters.child("mid_block"), deepest, config.groups(), config.middleAttention());
    normOut =
        new GroupNorm(
            parameters.child("conv_norm_out"), config.groups(), deepest, AutoencoderKlConfig.EPS);
    convOut = new Conv2d(parameters.child("conv_out"), deepest, 2L * config.latentChannels(), 3);
  }

  /** [B, 3, H, W] to mean and log variance, [B, 2·C, H/factor, W/factor]. */
  Tensor forward(Tensor image) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor hidden = convIn.forward(image.channelsLast());
      for (Level level : levels) {
        hidden = level.forward(hidden);
      }
      hidden = middle.forward(hidden);
      hidden = convOut.forward(Functional.silu(normOut.forward(hidden)));
      return scope.keep(hidden.contiguous());
    }
  }

  private static final class Level {
    private final List<ResidualBlock> blocks = new ArrayList<>();
    private final @Nullable Conv2d downsample;

    Level(Parameters parameters, AutoencoderKlConfig config, int in, int out, boolean last) {
      for (int j = 0; j < config.layersPerBlock(); j++) {
        blocks.add(
            new ResidualBlock(
                parameters.child("resnets").child(j),
                j == 0 ? in : out,
                out,
                config.groups(),
                AutoencoderKlConfig.EPS));
      }
      Parameters below = parameters.child("downsamplers").child(0).child("conv");
      downsample = last ? null : new Conv2d(below, out, out, 3, 2, 0);
    }

    Tensor forward(Tensor x) {
      Tensor hidden = x;
      for (ResidualBlock block : blocks) {
        hidden = block.forward(hidden);
      }
      // One row and column of zeros at the right and at the bottom only, as the published models.
      return downsample == null ? hidden : downsample.forward(Functional.pad(hidden, 0, 1, 0, 1));
    }
  }
}
