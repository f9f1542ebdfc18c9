package io.lssgen.train;

import io.lssgen.image.RgbImage;
import io.lssgen.model.ImageTensors;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Pairs that were encoded once and lie on disk in bf16, which holds 8-bit pictures to a quarter of
 * a level: each record is a picture's small latents, its latents and the picture itself. They come
 * in an order of their own in each round.
 *
 * <p>Legend: n pairs, C latent channels, h small latents along a side, S the picture's side.
 */
final class CachedPairs implements UpsamplerPairs {
  private static final int FILLING_BATCH = 8;

  private final LatentCache cache;
  private final ShuffledOrder order;
  private final int batch;
  private final Shape shape;
  private final DType type;

  /**
   * What a record holds.
   *
   * @param channels C
   * @param small h
   * @param side S
   */
  record Shape(int channels, int small, int side) {
    long low() {
      return (long) channels * small * small;
    }

    long high() {
      return 4 * low();
    }

    long picture() {
      return 3L * side * side;
    }
  }

  /**
   * Where the cache is and what fills it.
   *
   * @param file made if it is not there, and filled as far as it is not
   * @param origin names all that the pairs depend on
   */
  record Place(Path file, int count, String origin) {}

  private CachedPairs(LatentCache cache, Shape shape, int batch, DType type, long seed) {
    this.cache = cache;
    this.shape = shape;
    this.batch = batch;
    this.type = type;
    order = new ShuffledOrder(Math.toIntExact(cache.count()), seed);
  }

  /**
   * Opens a cache, filling it first if need be.
   *
   * @throws io.lssgen.errors.UsageException if the file was made from something else
   */
  static CachedPairs open(
      Place place,
      ImageSource images,
      PairEncoder encoder,
      UpsamplerTrainee.Settings settings,
      Shape shape,
      PrintStream console) {
    LatentCache cache =
        LatentCache.open(
            place.file(),
            new LatentCache.Contents(
                place.origin(), place.count(), 1, 1, shape.low() + shape.high() + shape.picture()),
            FILLING_BATCH,
            (first, n) -> records(images, encoder, shape.side(), first, n),
            console);
    return new CachedPairs(cache, shape, settings.batch(), settings.computeType(), settings.seed());
  }

  /** [n, 1, 1, length]. */
  private static Tensor records(
      ImageSource images, PairEncoder encoder, int side, long first, int n) {
    try (TensorScope scope = TensorScope.open()) {
      List<RgbImage> pictures =
          IntStream.range(0, n).parallel().mapToObj(i -> images.image(first + i, side)).toList();
      Pair pair = encoder.encode(ImageTensors.toTensor(pictures), first);
      List<Tensor> parts =
          List.of(
              pair.low().reshape(n, 1, 1, -1).to(DType.BF16),
              pair.high().reshape(n, 1, 1, -1).to(DType.BF16),
              pair.pictures().reshape(n, 1, 1, -1).to(DType.BF16));
      return scope.keep(Tensors.cat(parts, 3));
    }
  }

  @Override
  public Pair get(long index) {
    long[] chosen = new long[batch];
    for (int i = 0; i < batch; i++) {
      chosen[i] = order.at(index * batch + i);
    }
    int h = shape.small();
    int side = shape.side();
    try (TensorScope scope = TensorScope.open()) {
      Tensor records = cache.get(chosen).reshape(batch, -1).to(type);
      Tensor low = records.narrow(1, 0, shape.low());
      Tensor high = records.narrow(1, shape.low(), shape.high());
      Tensor pictures = records.narrow(1, shape.low() + shape.high(), shape.picture());
      return new Pair(
          scope.keep(low.reshape(batch, shape.channels(), h, h)),
          scope.keep(high.reshape(batch, shape.channels(), 2L * h, 2L * h)),
          scope.keep(pictures.reshape(batch, 3, side, side)));
    }
  }

  @Override
  public void close() {
    cache.close();
  }
}
