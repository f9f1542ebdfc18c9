package io.lssgen.sampling;

import io.lssgen.errors.UsageException;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.NormalSource;
import io.lssgen.tensor.Rng;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;

/**
 * The noise of one request: standard normal, fp32, from generators on the CPU that equal {@code
 * torch.Generator("cpu")}, whatever device and type the denoiser has. Not thread-safe.
 *
 * <p>Order of draws, which decides the image: where a run begins with a picture, the encoder's
 * sample of it, then the noise of what a mask leaves free, if it begins with that; a stage's noise
 * before anything else in the stage; then what the scaler draws (pixel scaling: the encoder's
 * sample); then what the scheduler draws inside its steps.
 */
public final class NoiseSource implements NormalSource, AutoCloseable {
  private final List<Rng> generators = new ArrayList<>();
  private final boolean shared;

  private NoiseSource(boolean shared, long... seeds) {
    this.shared = shared;
    for (long seed : seeds) {
      generators.add(new Rng(seed));
    }
  }

  /**
   * A generator of its own for each image, image i with {@code seed + i}: n images in one batch
   * equal n single ones.
   *
   * @param images at least 1
   */
  public static NoiseSource perImage(long seed, int images) {
    if (images < 1) {
      throw new IllegalArgumentException("wanted noise for at least 1 image, found " + images);
    }
    return new NoiseSource(false, LongStream.range(0, images).map(i -> seed + i).toArray());
  }

  /** A generator of its own for each image, with these seeds. */
  public static NoiseSource ofSeeds(long... seeds) {
    return new NoiseSource(false, seeds);
  }

  /** One generator for the whole batch, as diffusers has it when it is given one. */
  public static NoiseSource shared(long seed) {
    return new NoiseSource(true, seed);
  }

  /**
   * @param shape [images, ...]
   * @throws IllegalArgumentException if the first extent is not the number of images
   */
  @Override
  public Tensor draw(long... shape) {
    if (shared) {
      return generators.get(0).randn(shape);
    }
    if (shape.length == 0 || shape[0] != generators.size()) {
      throw new IllegalArgumentException(
          "noise for %d image(s) was asked for a shape of %s"
              .formatted(generators.size(), Arrays.toString(shape)));
    }
    long[] single = shape.clone();
    single[0] = 1;
    try (TensorScope scope = TensorScope.open()) {
      List<Tensor> parts = generators.stream().map(each -> each.randn(single)).toList();
      return scope.keep(parts.size() == 1 ? parts.get(0) : Tensors.cat(parts, 0));
    }
  }

  /**
   * A source whose first draw, which is the first stage's noise, is {@code latents}; all others
   * come from this one, which draws nothing for the first.
   *
   * @param latents [B, C, h, w] of the first stage, any floating type; copied at the first draw
   */
  public NormalSource beginningWith(Tensor latents) {
    return new Beginning(latents, this);
  }

  @Override
  public void close() {
    generators.forEach(Rng::close);
  }

  private static final class Beginning implements NormalSource {
    private final Tensor first;
    private final NormalSource rest;
    private boolean begun;

    Beginning(Tensor first, NormalSource rest) {
      this.first = first;
      this.rest = rest;
    }

    @Override
    public Tensor draw(long... shape) {
      if (begun) {
        return rest.draw(shape);
      }
      begun = true;
      if (!Arrays.equals(first.shape(), shape)) {
        throw new UsageException(
            "the given latents replace the noise of the first stage, which wants the shape %s,"
                    .formatted(Arrays.toString(shape))
                + " found %s".formatted(Arrays.toString(first.shape())));
      }
      try (TensorScope scope = TensorScope.open()) {
        return scope.keep(first.to(DType.F32).copy());
      }
    }
  }
}
