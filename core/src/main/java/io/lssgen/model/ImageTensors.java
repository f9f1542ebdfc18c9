package io.lssgen.model;

import io.lssgen.image.ResampleKernel;
import io.lssgen.image.RgbImage;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;

/** Between pictures and tensors [B, 3, H, W] with values in [−1, 1]. */
public final class ImageTensors {
  private ImageTensors() {}

  /**
   * @param images at least one, all of one size
   * @return fp32 [B, 3, H, W], values in [−1, 1]
   */
  public static Tensor toTensor(List<RgbImage> images) {
    try (TensorScope scope = TensorScope.open()) {
      List<Tensor> rows = new ArrayList<>();
      for (RgbImage image : images) {
        rows.add(Tensors.of(image.rgb(), image.height(), image.width(), 3));
      }
      Tensor batch = Tensors.stack(rows, 0).permute(0, 3, 1, 2).to(DType.F32); // [B, 3, H, W]
      return scope.keep(batch.div(127.5).add(-1).contiguous());
    }
  }

  /**
   * Rounds to 8 bits as diffusers does.
   *
   * @param images [B, 3, H, W]; values outside [−1, 1] are clamped
   */
  public static List<RgbImage> toImages(Tensor images) {
    try (TensorScope scope = TensorScope.open()) {
      int height = (int) images.size(2);
      int width = (int) images.size(3);
      Tensor levels = images.to(DType.F32).div(2).add(0.5).clamp(0, 1).mul(255).round();
      Tensor bytes = levels.to(DType.U8).permute(0, 2, 3, 1).contiguous(); // [B, H, W, 3]
      List<RgbImage> result = new ArrayList<>();
      for (int i = 0; i < bytes.size(0); i++) {
        result.add(new RgbImage(width, height, bytes.select(0, i).toByteArray()));
      }
      return result;
    }
  }

  /**
   * Pictures at another size, neither rounded nor clamped: sharp kernels overshoot.
   *
   * @param images fp32 [B, C, H, W]
   * @return fp32 [B, C, height, width]
   */
  public static Tensor resized(Tensor images, int height, int width, ResampleKernel kernel) {
    int fromHeight = Math.toIntExact(images.size(2));
    int fromWidth = Math.toIntExact(images.size(3));
    try (TensorScope scope = TensorScope.open()) {
      Tensor columns = Tensors.of(kernel.matrix(fromHeight, height), height, fromHeight);
      Tensor rows = Tensors.of(kernel.matrix(fromWidth, width), width, fromWidth);
      Tensor narrow = images.matmul(rows.transpose(0, 1)); // [B, C, H, width]
      return scope.keep(columns.matmul(narrow)); // [B, C, height, width]
    }
  }
}
