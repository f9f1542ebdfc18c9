package io.lssgen.train;

import io.lssgen.tensor.Functional;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;

/**
 * The mean absolute error of pixels and of their horizontal and vertical differences at several
 * scales: the latter ask for edges where they belong. A stand-in for LPIPS, whose backbone's
 * weights are not ours to ship.
 */
final class PixelLoss {
  private static final int SCALES = 3;

  /** Side in pixels of the smallest squares that tones are compared by; each scale doubles it. */
  private static final int TONE = 4;

  private PixelLoss() {}

  /**
   * @param error difference of two images, fp32 [B, 3, H, W]
   * @param edges weight of the differences' error against that of the pixels
   */
  static Tensor of(Tensor error, double edges) {
    try (TensorScope scope = TensorScope.open()) {
      return scope.keep(error.abs().mean().add(gradients(error).mul(edges)));
    }
  }

  /** The mean absolute error of horizontal and vertical differences, over the scales. */
  static Tensor gradients(Tensor error) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor loss = differences(error, 2).add(differences(error, 3));
      Tensor level = error;
      for (int i = 1; i < SCALES; i++) {
        level = Functional.averagePool(level, 2);
        loss = loss.add(differences(level, 2).add(differences(level, 3)));
      }
      return scope.keep(loss.div(SCALES));
    }
  }

  /**
   * The mean absolute error of means over squares of 4, 8 and 16 pixels: of brightness and colour.
   * Latents that are the mean of all that may be lack what is fine, and a decoder makes that darker
   * or paler pictures.
   */
  static Tensor tones(Tensor error) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor level = Functional.averagePool(error, TONE);
      Tensor loss = level.abs().mean();
      for (int i = 1; i < SCALES; i++) {
        level = Functional.averagePool(level, 2);
        loss = loss.add(level.abs().mean());
      }
      return scope.keep(loss.div(SCALES));
    }
  }

  /** Peak signal-to-noise ratio in decibels; of images in [−1, 1] the peak is 2. */
  static double psnr(Tensor error) {
    return 10 * Math.log10(4 / error.detach().square().mean().item());
  }

  private static Tensor differences(Tensor image, int dim) {
    long length = image.size(dim) - 1;
    return image.narrow(dim, 1, length).sub(image.narrow(dim, 0, length)).abs().mean();
  }
}
