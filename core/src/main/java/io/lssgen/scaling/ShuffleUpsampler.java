package io.lssgen.scaling;

import io.lssgen.nn.Conv2d;
import io.lssgen.nn.Init;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.Functional;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import java.util.ArrayList;
import java.util.List;

/**
 * A network that works at the small size throughout and opens its last channels into pixels
 * (sub-pixel convolution, arXiv 1609.05158), with residual blocks without normalisation as in EDSR
 * (arXiv 1707.02921), on top of bicubic interpolation. At the published network's cost it is
 * deeper, and since nothing in it depends on the whole latent, its result at a place is the same
 * whatever the picture's size.
 *
 * <p>Names: {@code upsampler.conv_in}, {@code upsampler.blocks.{i}.conv1}, {@code
 * upsampler.blocks.{i}.conv2}, {@code upsampler.conv_out}.
 *
 * <p>Legend: B batch, C latent channels, c width, h and w latents.
 */
public final class ShuffleUpsampler implements Upsampler {
  private final ShuffleUpsamplerConfig config;
  private final Conv2d convIn;
  private final List<Block> blocks = new ArrayList<>();
  private final Conv2d convOut;

  /**
   * @param parameters the root of the names, above {@code upsampler.conv_in}
   */
  public ShuffleUpsampler(Parameters parameters, ShuffleUpsamplerConfig config) {
    this.config = config;
    Parameters root = parameters.child("upsampler");
    int width = config.width();
    convIn = new Conv2d(root.child("conv_in"), config.channels(), width, 3);
    for (int i = 0; i < config.blocks(); i++) {
      Parameters block = root.child("blocks").child(i);
      blocks.add(
          new Block(
              new Conv2d(block.child("conv1"), width, width, 3),
              new Conv2d(block.child("conv2"), width, width, 3)));
    }
    // Zeros: training begins at the interpolation.
    convOut = new Conv2d(root.child("conv_out"), width, 4L * config.channels(), 3, Init.ZEROS);
  }

  private record Block(Conv2d conv1, Conv2d conv2) {}

  @Override
  public ShuffleUpsamplerConfig config() {
    return config;
  }

  @Override
  public Tensor forward(Tensor latents) {
    UpsamplerConfig.requireChannels(latents, config.channels());
    try (TensorScope scope = TensorScope.open()) {
      Tensor hidden = convIn.forward(latents.channelsLast()); // [B, c, h, w]
      for (Block block : blocks) {
        Tensor inner = Functional.silu(block.conv1().forward(hidden));
        hidden = hidden.add(block.conv2().forward(inner)); // [B, c, h, w]
      }
      Tensor detail = shuffled(convOut.forward(Functional.silu(hidden))); // [B, C, 2h, 2w]
      return scope.keep(BicubicScaler.doubled(latents).add(detail));
    }
  }

  /** [B, 4C, h, w] to [B, C, 2h, 2w], in the order of torch's {@code pixel_shuffle}. */
  private static Tensor shuffled(Tensor x) {
    long batch = x.size(0);
    long channels = x.size(1) / 4;
    long height = x.size(2);
    long width = x.size(3);
    return x.reshape(batch, channels, 2, 2, height, width)
        .permute(0, 1, 4, 2, 5, 3)
        .reshape(batch, channels, 2 * height, 2 * width);
  }
}
