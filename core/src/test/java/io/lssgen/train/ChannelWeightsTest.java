package io.lssgen.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.lssgen.model.vae.PictureAutoencoder;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Rng;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import java.util.Optional;
import org.assertj.core.data.Offset;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChannelWeightsTest {
  /** Pictures are the latents, channels multiplied by 1, 2 and 4. */
  private static final class Gains implements PictureAutoencoder {
    @Override
    public int channels() {
      return 3;
    }

    @Override
    public int factor() {
      return 1;
    }

    @Override
    public Tensor encode(Tensor pictures) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Tensor decode(Tensor latents) {
      return latents.mul(Tensors.of(new float[] {1, 2, 4}, 1, 3, 1, 1));
    }

    @Override
    public Optional<Tensor> firstLevel(Tensor latents) {
      return Optional.empty();
    }

    @Override
    public Optional<Inside> decodeInside(Tensor latents) {
      return Optional.empty();
    }
  }

  /** Squared changes are 1 : 4 : 16. */
  @ParameterizedTest
  @CsvSource({"0, 1, 1, 1", "0.5, 0.4286, 0.8571, 1.7143", "1, 0.1429, 0.5714, 2.2857"})
  void theyFollowTheEffectOnPictures(double exponent, double first, double second, double third) {
    try (TensorScope scope = TensorScope.open();
        Rng rng = new Rng(1)) {
      Tensor weights =
          ChannelWeights.of(new Gains(), rng.randn(8, 3, 32, 32).to(DType.F32), exponent);
      float[] found = weights.toFloatArray();
      assertThat(weights.shape()).containsExactly(1, 3, 1, 1);
      assertThat((double) found[0]).isCloseTo(first, Offset.offset(0.03));
      assertThat((double) found[1]).isCloseTo(second, Offset.offset(0.03));
      assertThat((double) found[2]).isCloseTo(third, Offset.offset(0.06));
    }
  }
}
