package io.lssgen.train;

import io.lssgen.image.RgbImage;
import io.lssgen.model.ImageTensors;
import io.lssgen.model.vae.AutoencoderKl;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Pictures for the training of autoencoders and upsamplers, made ahead of their use.
 *
 * <p>Legend: B batch, S the picture's side.
 */
final class PictureBatches implements AutoCloseable {
  /** Pictures of a row on a sheet of samples. */
  static final int SHOWN = 6;

  /** Between the numbers of pictures that are shown or measured: neighbours may be of one scene. */
  private static final int SPREAD = 16;

  private final ImageSource images;
  private final int batch;
  private final int side;
  private final Prefetcher<List<RgbImage>> batches;

  /**
   * @param batch pictures of a micro-batch
   * @param side their side in pixels
   */
  PictureBatches(ImageSource images, int batch, int side) {
    this.images = images;
    this.batch = batch;
    this.side = side;
    batches = new Prefetcher<>(this::batch, 3);
  }

  private List<RgbImage> batch(long index) {
    List<RgbImage> list = new ArrayList<>();
    for (int i = 0; i < batch; i++) {
      list.add(images.image(index * batch + i, side));
    }
    return list;
  }

  /** Micro-batch {@code index}: [B, 3, S, S], values in [−1, 1]. */
  Tensor get(long index, DType type) {
    return ImageTensors.toTensor(batches.get(index)).to(type);
  }

  /** {@code count} pictures of twice the side, from {@code first} on, of different scenes. */
  List<RgbImage> spread(long first, int count) {
    List<RgbImage> list = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      list.add(images.image(first + (long) i * SPREAD, 2 * side));
    }
    return list;
  }

  /** The first row of a sheet: always the same {@link #SHOWN} pictures, of twice the side. */
  List<RgbImage> shown() {
    return spread(Long.MAX_VALUE / 2, SHOWN);
  }

  /** Writes some pictures, and below them what the autoencoder leaves of them. */
  void writeSheet(AutoencoderKl model, DType type, Path file) {
    List<RgbImage> grid = shown();
    Tensor image = ImageTensors.toTensor(grid).to(type);
    grid.addAll(ImageTensors.toImages(model.decode(model.encode(image).mean())));
    ContactSheet.write(grid, SHOWN, file);
  }

  @Override
  public void close() {
    batches.close();
  }
}
