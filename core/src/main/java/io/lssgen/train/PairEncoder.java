package io.lssgen.train;

import io.lssgen.image.ResampleKernel;
import io.lssgen.model.ImageTensors;
import io.lssgen.model.vae.PictureAutoencoder;
import io.lssgen.scaling.BicubicScaler;
import io.lssgen.scenes.Shares;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.GradMode;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Makes {@link UpsamplerPairs.Pair pairs} of pictures: each is halved by a kernel drawn for it and
 * encoded at both sizes. A part of the small latents passes the autoencoder once more, since those
 * of a denoiser are not exactly what an encoder makes.
 *
 * <p>Legend: B batch, S the picture's side.
 */
final class PairEncoder {
  private static final long KERNELS = 0x6b65726eL;

  private final PictureAutoencoder autoencoder;
  private final Settings settings;
  private final PairTarget target;

  /**
   * How pairs are made.
   *
   * @param kernels that pictures are halved by
   * @param reencoded share of the small latents that are decoded and encoded once more, 0 to 1
   * @param type that is computed in
   */
  record Settings(Shares<ResampleKernel> kernels, double reencoded, DType type, long seed) {
    Settings {
      if (!(reencoded >= 0 && reencoded <= 1)) {
        throw new IllegalArgumentException("reencoded must be in [0, 1], found " + reencoded);
      }
    }
  }

  PairEncoder(PictureAutoencoder autoencoder, Settings settings, PairTarget target) {
    this.autoencoder = autoencoder;
    this.settings = settings;
    this.target = target;
  }

  /**
   * @param pictures fp32 [B, 3, S, S]
   * @param first number of the first picture, which random draws depend on
   */
  UpsamplerPairs.Pair encode(Tensor pictures, long first) {
    try (GradMode off = GradMode.disabled();
        TensorScope scope = TensorScope.open()) {
      int half = Math.toIntExact(pictures.size(2) / 2);
      List<Tensor> halved = new ArrayList<>();
      List<Boolean> again = new ArrayList<>();
      for (int i = 0; i < pictures.size(0); i++) {
        SplittableRandom random =
            new SplittableRandom(Seeds.mix(settings.seed() ^ KERNELS, first + i));
        Tensor picture = pictures.narrow(0, i, 1);
        halved.add(
            ImageTensors.resized(picture, half, half, settings.kernels().at(random.nextDouble())));
        again.add(random.nextDouble() < settings.reencoded());
      }
      Tensor small = Tensors.cat(halved, 0).clamp(-1, 1).to(settings.type()); // [B, 3, S/2, S/2]
      Tensor typed = pictures.to(settings.type());
      Tensor low = passedAgain(autoencoder.encode(small), again);
      return new UpsamplerPairs.Pair(
          scope.keep(low),
          scope.keep(target == PairTarget.PIXELS ? throughPixels(low) : autoencoder.encode(typed)),
          scope.keep(typed));
    }
  }

  /** As {@link io.lssgen.scaling.PixelScaler} doubles latents, without drawing. */
  private Tensor throughPixels(Tensor low) {
    try (TensorScope scope = TensorScope.open()) {
      return scope.keep(autoencoder.encode(BicubicScaler.doubled(autoencoder.decode(low))));
    }
  }

  /** Those latents [B, C, h, w] that are chosen pass the autoencoder. */
  private Tensor passedAgain(Tensor latents, List<Boolean> chosen) {
    if (!chosen.contains(true)) {
      return latents;
    }
    try (TensorScope scope = TensorScope.open()) {
      List<Tensor> parts = new ArrayList<>();
      for (int i = 0; i < chosen.size(); i++) {
        Tensor one = latents.narrow(0, i, 1);
        parts.add(chosen.get(i) ? autoencoder.encode(autoencoder.decode(one).clamp(-1, 1)) : one);
      }
      return scope.keep(Tensors.cat(parts, 0));
    }
  }
}
