package io.lssgen.train;

import io.lssgen.errors.ModelException;
import io.lssgen.scaling.LatentUpsamplerConfig;
import io.lssgen.tensor.GradMode;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;

/**
 * Lets a published upsampler begin at bilinear interpolation of its input, inside its own layers.
 *
 * <p>Its first channels carry the latents and the latents' negatives past the convolutions, on the
 * skips; SiLU(x) − SiLU(−x) = x at the end makes them whole again. What stands in the way are the
 * normalisations, which take the picture's contrast. With one group for all channels, two constant
 * channels that outweigh the others hold mean and deviation still, and the scale undoes the latter.
 *
 * <p>Legend: C latent channels; N = 2·C + 2 channels that pass: C latents, C negatives, a constant
 * and its negative.
 */
final class InterpolationStart {
  /** Variance of the constants over a layer's channels; that of latents is about 1. */
  private static final double CALM = 16;

  private static final String WEIGHT = ".weight";
  private static final String BIAS = ".bias";

  private final LatentUpsamplerConfig config;
  private final FlatParameters parameters;
  private final long latents;
  private final long passing;

  private InterpolationStart(LatentUpsamplerConfig config, FlatParameters parameters) {
    this.config = config;
    this.parameters = parameters;
    latents = config.channels();
    passing = 2 * latents + 2;
  }

  /**
   * Fills what the interpolation needs and leaves the other fresh values as they are.
   *
   * @throws ModelException if the network has more groups than one, is on top of interpolation
   *     already, or is too narrow
   */
  static void apply(LatentUpsamplerConfig config, TrainableParameters parameters) {
    require(config);
    try (TensorScope scope = TensorScope.open();
        GradMode off = GradMode.disabled();
        FlatParameters views = new FlatParameters(parameters.layout(), parameters.values())) {
      new InterpolationStart(config, views).fill();
    }
  }

  private static void require(LatentUpsamplerConfig config) {
    int least = 2 * config.channels() + 2;
    if (config.groups() != 1 || config.residual()) {
      throw new ModelException(
          "a start at interpolation wants norm_num_groups: 1 and no residual, found %d and %s"
              .formatted(config.groups(), config.residual() ? "bicubic" : "none"));
    }
    for (int width : config.blockChannels()) {
      if (width <= least) {
        throw new ModelException(
            "a start at interpolation wants more than %d channels in each block, found %d"
                .formatted(least, width));
      }
    }
  }

  private void fill() {
    long width = config.blockChannels().get(0);
    convIn(width);
    for (int i = 0; i < config.blockChannels().size(); i++) {
      long out = config.blockChannels().get(i);
      block("upsampler.up_blocks." + i, width, out, config.upsamples().get(i));
      width = out;
    }
    ignoreConstants("upsampler.norm_out");
    Tensor weight = at("upsampler.conv_out" + WEIGHT).zeroInPlace();
    for (long i = 0; i < latents; i++) {
      centre(weight, i, i).addInPlace(1);
      centre(weight, i, latents + i).addInPlace(-1);
    }
    at("upsampler.conv_out" + BIAS).zeroInPlace();
  }

  private void convIn(long width) {
    Tensor weight = at("upsampler.conv_in" + WEIGHT);
    Tensor bias = at("upsampler.conv_in" + BIAS);
    weight.narrow(0, 0, passing).zeroInPlace();
    bias.narrow(0, 0, passing).zeroInPlace();
    for (long i = 0; i < latents; i++) {
      centre(weight, i, i).addInPlace(1);
      centre(weight, latents + i, i).addInPlace(-1);
    }
    constants(bias, width);
  }

  private void block(String path, long in, long out, boolean upsamples) {
    ignoreConstants(path + ".norm1");
    secondNorm(path, out, upsamples ? 1 : 0);
    at(path + ".conv2" + WEIGHT).narrow(0, 0, passing).zeroInPlace(); // SiLU(0) = 0 is added
    at(path + ".conv2" + BIAS).narrow(0, 0, passing).zeroInPlace();
    if (in != out) {
      skip(path + ".skip_proj", out);
    }
  }

  /** A normalisation that is nearly none: the constants, of mean 0, are left out behind it. */
  private void ignoreConstants(String path) {
    Tensor scale = at(path + WEIGHT);
    scale.zeroInPlace().addInPlace(Math.sqrt(CALM));
    scale.narrow(0, 2 * latents, 2).zeroInPlace();
    at(path + BIAS).zeroInPlace();
  }

  /**
   * Inside a block SiLU lies before the normalisation, and a negative constant would not pass: its
   * first channel is the constant there, whose mean is given back.
   *
   * @param outputs the dimension of the first convolution's weights that counts its outputs
   */
  private void secondNorm(String path, long width, int outputs) {
    double constant = Math.sqrt(CALM * width * width / (width - 1));
    at(path + ".conv1" + WEIGHT).narrow(outputs, 0, 1).zeroInPlace();
    at(path + ".conv1" + BIAS).narrow(0, 0, 1).zeroInPlace().addInPlace(constant);
    Tensor scale = at(path + ".norm2" + WEIGHT);
    Tensor bias = at(path + ".norm2" + BIAS);
    scale.zeroInPlace().addInPlace(Math.sqrt(CALM));
    bias.zeroInPlace().addInPlace(constant / width);
    scale.narrow(0, 0, 1).zeroInPlace();
    bias.narrow(0, 0, 1).zeroInPlace();
  }

  private void skip(String path, long out) {
    Tensor weight = at(path + WEIGHT);
    Tensor bias = at(path + BIAS);
    weight.narrow(0, 0, passing).zeroInPlace();
    weight.narrow(1, 2 * latents, 2).zeroInPlace();
    bias.narrow(0, 0, passing).zeroInPlace();
    for (long i = 0; i < 2 * latents; i++) {
      centre(weight, i, i).addInPlace(1);
    }
    constants(bias, out);
  }

  /** A constant and its negative with the variance {@link #CALM} over so many channels. */
  private void constants(Tensor bias, long width) {
    double constant = Math.sqrt(CALM * width / 2);
    bias.narrow(0, 2 * latents, 1).addInPlace(constant);
    bias.narrow(0, 2 * latents + 1, 1).addInPlace(-constant);
  }

  /** The middle of the kernel from one channel to another, [1, 1, 1, 1]. */
  private static Tensor centre(Tensor weight, long out, long in) {
    long middle = weight.size(2) / 2;
    return weight.narrow(0, out, 1).narrow(1, in, 1).narrow(2, middle, 1).narrow(3, middle, 1);
  }

  private Tensor at(String path) {
    return parameters.at(path);
  }
}
