package io.lssgen.image;

import static org.assertj.core.api.Assertions.assertThat;

import io.lssgen.weights.SafetensorsFile;
import java.nio.file.Path;
import java.util.Arrays;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Against Pillow (tools/golden/upsampler_metrics.py), which rounds twice: at most 1 level apart.
 */
class ResamplerParityTest {
  private static final Path FILE =
      Path.of("src/test/resources/golden/upsampler/resampled.safetensors");

  private static RgbImage read(SafetensorsFile file, String name) {
    long[] shape = file.entry(name).shape();
    try (var tensor = file.tensor(name)) {
      return new RgbImage((int) shape[1], (int) shape[0], tensor.toByteArray());
    }
  }

  @ParameterizedTest
  @EnumSource
  void everyKernelEqualsPillows(ResampleKernel kernel) {
    SafetensorsFile file = SafetensorsFile.open(FILE);
    RgbImage picture = read(file, "picture");
    for (String size : new String[] {"26x18", "19x11", "70x41"}) {
      RgbImage wanted = read(file, kernel.label() + "_" + size);
      RgbImage found = Resampler.resized(picture, wanted.width(), wanted.height(), kernel);
      int most = 0;
      for (int i = 0; i < wanted.rgb().length; i++) {
        most = Math.max(most, Math.abs((found.rgb()[i] & 0xff) - (wanted.rgb()[i] & 0xff)));
      }
      assertThat(most).as(size).isLessThanOrEqualTo(kernel == ResampleKernel.NEAREST ? 0 : 1);
    }
  }

  @ParameterizedTest
  @EnumSource
  void theMatrixHoldsTheTaps(ResampleKernel kernel) {
    float[] matrix = kernel.matrix(9, 5);
    for (int i = 0; i < 5; i++) {
      float sum = 0;
      for (float value : Arrays.copyOfRange(matrix, 9 * i, 9 * i + 9)) {
        sum += value;
      }
      assertThat(sum).isCloseTo(1, Offset.offset(1e-5f));
    }
  }

  @Test
  void thePictureAtItsOwnSizeStays() {
    RgbImage image = new RgbImage(2, 1, new byte[] {1, 2, 3, (byte) 200, (byte) 255, 0});
    assertThat(Resampler.resized(image, 2, 1, ResampleKernel.LANCZOS)).isEqualTo(image);
  }
}
