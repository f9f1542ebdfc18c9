package io.lssgen.eval;

import io.lssgen.errors.UsageException;
import io.lssgen.image.RgbImage;
import io.lssgen.model.ImageTensors;
import io.lssgen.tensor.Functional;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import java.util.List;

/** Pictures as the detector reads them. */
public final class DetectorInput {
  private DetectorInput() {}

  /**
   * Pictures brought to one side: means over whole blocks of pixels as far as that goes, the rest
   * bilinear.
   *
   * @param images at least one, square, all of one size
   * @return fp32 [B, 3, side, side], values in [−1, 1]
   * @throws UsageException if a picture is not square
   */
  public static Tensor of(List<RgbImage> images, int side) {
    RgbImage first = images.get(0);
    if (first.width() != first.height()) {
      throw new UsageException(
          "the scene detector reads square pictures, found %dx%d; make them square"
              .formatted(first.width(), first.height()));
    }
    try (TensorScope scope = TensorScope.open()) {
      Tensor x = ImageTensors.toTensor(images);
      int blocks = first.width() / side;
      if (blocks > 1) {
        x = Functional.averagePool(x, blocks);
      }
      return scope.keep(x.size(2) == side ? x : Functional.upsampleBilinear(x, side, side));
    }
  }
}
