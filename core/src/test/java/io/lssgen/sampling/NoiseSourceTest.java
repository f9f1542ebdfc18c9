package io.lssgen.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.lssgen.errors.UsageException;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.NormalSource;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import org.junit.jupiter.api.Test;

class NoiseSourceTest {
  /** What the published pipelines would draw next, after the noise of two stages. */
  @Test
  void drawsEqualThoseOfThePublishedPipelines() {
    try (TensorScope scope = TensorScope.open();
        NoiseSource flux = NoiseSource.perImage(42, 1);
        NoiseSource diffusion = NoiseSource.perImage(42, 1)) {
      flux.draw(1, 16, 64, 64);
      flux.draw(1, 16, 128, 128);
      assertThat(flux.draw(1).item()).isCloseTo(-0.48033929, within(1e-7));
      assertThat(flux.draw(1).item()).isCloseTo(-0.98823494, within(1e-7));
      diffusion.draw(1, 4, 32, 32);
      diffusion.draw(1, 4, 64, 64);
      assertThat(diffusion.draw(1).item()).isCloseTo(-0.69486135, within(1e-7));
      assertThat(diffusion.draw(1).item()).isCloseTo(0.43877089, within(1e-7));
      assertThat(scope).isNotNull();
    }
  }

  @Test
  void aBatchHasTheNoiseOfItsSingleImages() {
    try (TensorScope scope = TensorScope.open();
        NoiseSource batch = NoiseSource.perImage(7, 3);
        NoiseSource seeds = NoiseSource.ofSeeds(7, 8, 9)) {
      Tensor first = batch.draw(3, 4, 8, 6);
      Tensor second = batch.draw(3, 4, 16, 12);
      assertThat(seeds.draw(3, 4, 8, 6).toFloatArray()).isEqualTo(first.toFloatArray());
      for (int i = 0; i < 3; i++) {
        try (NoiseSource single = NoiseSource.perImage(7 + i, 1)) {
          assertThat(first.narrow(0, i, 1).toFloatArray())
              .isEqualTo(single.draw(1, 4, 8, 6).toFloatArray());
          assertThat(second.narrow(0, i, 1).toFloatArray())
              .isEqualTo(single.draw(1, 4, 16, 12).toFloatArray());
        }
      }
      assertThat(scope).isNotNull();
    }
  }

  @Test
  void aSharedSourceDrawsTheBatchAtOnce() {
    try (TensorScope scope = TensorScope.open();
        NoiseSource shared = NoiseSource.shared(3);
        NoiseSource single = NoiseSource.perImage(3, 1)) {
      assertThat(shared.draw(2, 8, 8).toFloatArray())
          .isEqualTo(single.draw(1, 16, 8).toFloatArray());
      assertThat(scope).isNotNull();
    }
  }

  @Test
  void givenLatentsReplaceTheFirstDrawOnly() {
    try (TensorScope scope = TensorScope.open();
        NoiseSource source = NoiseSource.perImage(5, 1);
        NoiseSource same = NoiseSource.perImage(5, 1)) {
      Tensor latents = Tensors.full(2, DType.BF16, 1, 4, 2, 2);
      NormalSource noise = source.beginningWith(latents);
      Tensor first = noise.draw(1, 4, 2, 2);
      assertThat(first.dtype()).isEqualTo(DType.F32);
      assertThat(first.toFloatArray()).containsOnly(2f);
      assertThat(noise.draw(1, 4, 4, 4).toFloatArray())
          .isEqualTo(same.draw(1, 4, 4, 4).toFloatArray());
      assertThat(scope).isNotNull();
    }
  }

  @Test
  void shapesThatDoNotFitAreRefused() {
    try (TensorScope scope = TensorScope.open();
        NoiseSource source = NoiseSource.perImage(5, 2)) {
      assertThatThrownBy(() -> source.draw(3, 4, 2, 2))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("2 image(s)")
          .hasMessageContaining("[3, 4, 2, 2]");
      NormalSource noise = source.beginningWith(Tensors.zeros(DType.F32, 2, 4, 8, 8));
      assertThatThrownBy(() -> noise.draw(2, 4, 4, 4))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining("[2, 4, 4, 4]")
          .hasMessageContaining("[2, 4, 8, 8]");
      assertThat(scope).isNotNull();
    }
  }
}
