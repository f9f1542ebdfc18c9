package io.lssgen.scaling;

import io.lssgen.nn.Conv2d;
import io.lssgen.nn.ConvTranspose2d;
import io.lssgen.nn.GroupNorm;
import io.lssgen.nn.Init;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.Functional;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The convolutional network of arXiv 2507.16154 that doubles a latent's sides. One serves every
 * model that shares the autoencoder.
 *
 * <p>Legend: B batch, C latent channels, c1 and c2 widths of the blocks, h and w latents.
 */
public final class LatentUpsampler implements Upsampler {
  private final LatentUpsamplerConfig config;
  private final Conv2d convIn;
  private final List<Block> blocks = new ArrayList<>();
  private final GroupNorm normOut;
  private final Conv2d convOut;

  /**
   * @param parameters the root of the published names, above {@code upsampler.conv_in}
   */
  public LatentUpsampler(Parameters parameters, LatentUpsamplerConfig config) {
    this.config = config;
    Parameters root = parameters.child("upsampler");
    int width = config.blockChannels().get(0);
    convIn = new Conv2d(root.child("conv_in"), config.channels(), width, 3);
    for (int i = 0; i < config.blockChannels().size(); i++) {
      int out = config.blockChannels().get(i);
      Parameters block = root.child("up_blocks").child(i);
      blocks.add(new Block(block, width, out, config.upsamples().get(i), config.groups()));
      width = out;
    }
    normOut = new GroupNorm(root.child("norm_out"), config.groups(), width, 1e-5);
    Parameters last = root.child("conv_out");
    convOut =
        config.residual() // zeros: training begins at the interpolation
            ? new Conv2d(last, width, config.channels(), 3, Init.ZEROS)
            : new Conv2d(last, width, config.channels(), 3);
  }

  @Override
  public LatentUpsamplerConfig config() {
    return config;
  }

  @Override
  public Tensor forward(Tensor latents) {
    UpsamplerConfig.requireChannels(latents, config.channels());
    try (TensorScope scope = TensorScope.open()) {
      Tensor hidden = convIn.forward(latents); // [B, c1, h, w]
      for (Block block : blocks) {
        hidden = block.forward(hidden); // [B, c1, 2h, 2w], then [B, c2, 2h, 2w]
      }
      Tensor result = convOut.forward(Functional.silu(normOut.forward(hidden))); // [B, C, 2h, 2w]
      return scope.keep(config.residual() ? BicubicScaler.doubled(latents).add(result) : result);
    }
  }

  /** norm → conv → SiLU, twice, plus the skip; the first convolution may double the sides. */
  private static final class Block {
    private final GroupNorm norm1;
    private final boolean upsamples;
    private final UnaryOperator<Tensor> conv1;
    private final GroupNorm norm2;
    private final Conv2d conv2;
    private final @Nullable Conv2d skipProjection;

    Block(Parameters parameters, int in, int out, boolean upsamples, int groups) {
      this.upsamples = upsamples;
      Parameters first = parameters.child("conv1");
      norm1 = new GroupNorm(parameters.child("norm1"), groups, in, 1e-6);
      conv1 =
          upsamples
              ? new ConvTranspose2d(first, in, out, 4, 2, 1)::forward
              : new Conv2d(first, in, out, 3)::forward;
      norm2 = new GroupNorm(parameters.child("norm2"), groups, out, 1e-6);
      conv2 = new Conv2d(parameters.child("conv2"), out, out, 3);
      skipProjection = in == out ? null : new Conv2d(parameters.child("skip_proj"), in, out, 1);
    }

    Tensor forward(Tensor x) {
      try (TensorScope scope = TensorScope.open()) {
        Tensor skip = upsamples ? Functional.upsampleBilinear(x, 2 * x.size(2), 2 * x.size(3)) : x;
        if (skipProjection != null) {
          skip = skipProjection.forward(skip);
        }
        Tensor hidden = Functional.silu(conv1.apply(norm1.forward(x)));
        hidden = Functional.silu(conv2.forward(norm2.forward(hidden)));
        return scope.keep(hidden.add(skip));
      }
    }
  }
}
