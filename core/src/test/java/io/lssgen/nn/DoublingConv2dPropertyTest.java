package io.lssgen.nn;

import static org.assertj.core.api.Assertions.assertThat;

import io.lssgen.tensor.DType;
import io.lssgen.tensor.Functional;
import io.lssgen.tensor.Rng;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** One transposed convolution against what it stands for: libtorch's doubling, then its conv2d. */
class DoublingConv2dPropertyTest {
  @Property(tries = 60)
  void isDoublingThenConvolving(
      @ForAll @IntRange(min = 1, max = 9) int in,
      @ForAll @IntRange(min = 1, max = 9) int out,
      @ForAll @IntRange(min = 1, max = 7) int height,
      @ForAll @IntRange(min = 1, max = 7) int width,
      @ForAll boolean channelsLast) {
    try (TensorScope scope = TensorScope.open();
        Rng rng = new Rng(31L * in + out)) {
      Tensor weight = rng.randn(out, in, 3, 3);
      Tensor bias = rng.randn(out);
      Tensor x = rng.randn(2, in, height, width);
      Map<String, Tensor> weights = Map.of("conv.weight", weight, "conv.bias", bias);
      Parameters parameters = Parameters.of(new Given(weights)).child("conv");

      Tensor found =
          new DoublingConv2d(parameters, in, out).forward(channelsLast ? x.channelsLast() : x);

      Tensor doubled = Functional.upsampleNearest(x, 2L * height, 2L * width);
      Tensor wanted = Functional.conv2d(doubled, weight, bias, 1, 1);
      assertThat(found.shape()).isEqualTo(wanted.shape());
      assertThat(found.sub(wanted).abs().amax(false, 0, 1, 2, 3).item()).isLessThan(2e-5);
    }
  }

  /** From maps so small that values are repeated to those where one kernel is the faster. */
  @Property(tries = 20)
  void reachesSizesThatWereHalved(
      @ForAll @IntRange(min = 1, max = 80) int height,
      @ForAll @IntRange(min = 1, max = 80) int width,
      @ForAll boolean oddHeight,
      @ForAll boolean oddWidth) {
    try (TensorScope scope = TensorScope.open();
        Rng rng = new Rng(height)) {
      Tensor weight = rng.randn(2, 3, 3, 3);
      Tensor bias = rng.randn(2);
      Tensor x = rng.randn(1, 3, height, width);
      Map<String, Tensor> weights = Map.of("conv.weight", weight, "conv.bias", bias);
      Parameters parameters = Parameters.of(new Given(weights)).child("conv");
      long tall = 2L * height - (oddHeight ? 1 : 0);
      long wide = 2L * width - (oddWidth ? 1 : 0);

      Tensor found = new DoublingConv2d(parameters, 3, 2).forward(x, tall, wide);

      Tensor repeated = Functional.upsampleNearest(x, tall, wide);
      Tensor wanted = Functional.conv2d(repeated, weight, bias, 1, 1);
      assertThat(found.shape()).isEqualTo(wanted.shape());
      assertThat(found.sub(wanted).abs().amax(false, 0, 1, 2, 3).item()).isLessThan(2e-5);
    }
  }

  @Property(tries = 5)
  void gradientsReachTheSmallKernel(@ForAll @IntRange(min = 1, max = 4) int channels) {
    try (TensorScope scope = TensorScope.open();
        Rng rng = new Rng(channels)) {
      Tensor ours = rng.randn(channels, channels, 3, 3);
      Tensor theirs = ours.copy();
      Tensor bias = rng.randn(channels);
      Tensor x = rng.randn(1, channels, 4, 4);
      Tensor weightGradient = gradientOf(ours, x, bias, true);
      Tensor wanted = gradientOf(theirs, x, bias, false);
      assertThat(weightGradient.sub(wanted).abs().amax(false, 0, 1, 2, 3).item()).isLessThan(1e-3);
    }
  }

  private static Tensor gradientOf(Tensor weight, Tensor x, Tensor bias, boolean asOne) {
    Tensor slot = weight.mul(0);
    weight.requireGrad(true).accumulateGradInto(slot);
    long channels = x.size(1);
    Tensor y;
    if (asOne) {
      Map<String, Tensor> weights = Map.of("conv.weight", weight, "conv.bias", bias);
      Parameters parameters = Parameters.of(new Given(weights)).child("conv");
      y = new DoublingConv2d(parameters, channels, channels).forward(x);
    } else {
      Tensor doubled = Functional.upsampleNearest(x, 2 * x.size(2), 2 * x.size(3));
      y = Functional.conv2d(doubled, weight, bias, 1, 1);
    }
    y.to(DType.F32).square().sum().backward();
    return slot;
  }

  private record Given(Map<String, Tensor> weights) implements ParameterSource {
    @Override
    public Tensor parameter(String path, Init init, long... shape) {
      Tensor weight = weights.get(path);
      assertThat(weight).as(path).isNotNull();
      assertThat(weight.shape()).as(path).isEqualTo(shape);
      return weight;
    }

    @Override
    public boolean has(String path) {
      return weights.containsKey(path);
    }
  }
}
