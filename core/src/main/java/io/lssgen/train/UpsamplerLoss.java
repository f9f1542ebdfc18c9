package io.lssgen.train;

import io.lssgen.errors.UsageException;
import io.lssgen.eval.Ssim;
import io.lssgen.model.vae.PictureAutoencoder;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.GradMode;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.weights.ModelConfig;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What an upsampler is trained for: latents near the true ones, and decoded pictures near the
 * original. The paper (arXiv 2507.16154) takes the latents' mean squared error and LPIPS, whose
 * backbone's weights are not ours to ship; the terms on pictures here stand in for it.
 *
 * <p>Each field is a term's weight; 0 leaves the term out, and without terms on pictures nothing is
 * decoded.
 *
 * @param latentMse mean squared error of latents
 * @param latentL1 mean absolute error of latents
 * @param firstLevel mean squared error of what a tiny decoder's first level holds, relative to its
 *     mean square: at the latents' size, so that whole batches are looked at for less than one
 *     decoded picture costs, and yet near what a picture shows, which latents themselves are not
 * @param pixels mean absolute error of the decoded picture
 * @param gradients mean absolute error of its differences at several scales, see {@link PixelLoss}
 * @param tones mean absolute error of its brightness and colour, see {@link PixelLoss}
 * @param ssim 1 less the structural similarity
 * @param features mean absolute error of a tiny decoder's activations between the upsampled and the
 *     true latents, each level relative to its mean: what LPIPS does, with the features of the
 *     decoder itself
 */
record UpsamplerLoss(
    double latentMse,
    double latentL1,
    double firstLevel,
    double pixels,
    double gradients,
    double tones,
    double ssim,
    double features) {

  static final String[] FIELDS = {
    "latent_mse", "latent_l1", "first_level", "pixels", "gradients", "tones", "ssim", "features"
  };

  UpsamplerLoss {
    double sum = 0;
    for (double weight :
        new double[] {latentMse, latentL1, firstLevel, pixels, gradients, tones, ssim, features}) {
      if (!(weight >= 0)) {
        throw new IllegalArgumentException("loss: weights must be at least 0, found " + weight);
      }
      sum += weight;
    }
    if (!(sum > 0)) {
      throw new IllegalArgumentException("loss: at least one weight must be above 0");
    }
  }

  /**
   * Parts of a batch, from its first pair on.
   *
   * @param natural pairs whose latents are a picture's
   * @param decoded pairs that are decoded
   */
  record Looked(int natural, int decoded) {}

  /** Reads the section {@code loss}. */
  static UpsamplerLoss of(ModelConfig section) {
    return new UpsamplerLoss(
        section.number("latent_mse", 1),
        section.number("latent_l1", 0),
        section.number("first_level", 0),
        section.number("pixels", 1),
        section.number("gradients", 0.5),
        section.number("tones", 0),
        section.number("ssim", 0),
        section.number("features", 0));
  }

  /** Whether pictures are decoded at all. */
  boolean decodes() {
    return pixels + gradients + tones + ssim + features > 0;
  }

  /** The terms that nothing is decoded for. */
  UpsamplerLoss ofLatents() {
    return new UpsamplerLoss(latentMse, latentL1, firstLevel, 0, 0, 0, 0, 0);
  }

  /**
   * Checks that {@code autoencoder} gives what the terms want.
   *
   * @throws UsageException if its activations are wanted and it has none
   */
  void require(PictureAutoencoder autoencoder, Tensor latents) {
    if (features + firstLevel > 0 && autoencoder.firstLevel(latents).isEmpty()) {
      throw new UsageException(
          "loss: %s wants a tiny autoencoder, found a large one; remove it"
              .formatted(features > 0 ? "features" : "first_level"));
    }
  }

  /**
   * @param scaled upsampled latents [B, C, h, w]
   * @param pair the truth
   * @param looked what the loss looks at with the decoder's eyes
   */
  Trainee.Loss of(
      Tensor scaled, UpsamplerPairs.Pair pair, Looked looked, PictureAutoencoder autoencoder) {
    Map<String, Double> parts = new HashMap<>();
    try (TensorScope scope = TensorScope.open()) {
      Tensor error = scaled.sub(pair.high()).to(DType.F32);
      Tensor squared = error.square().mean();
      parts.put("latent_mse", squared.item());
      Tensor total = squared.mul(latentMse);
      if (latentL1 > 0) {
        total = total.add(error.abs().mean().mul(latentL1));
      }
      if (firstLevel > 0) {
        Tensor held = held(scaled.narrow(0, 0, looked.natural()), pair, autoencoder);
        parts.put("first_level", held.item());
        total = total.add(held.mul(firstLevel));
      }
      if (decodes()) {
        Tensor first = scaled.narrow(0, 0, looked.decoded());
        total = total.add(ofPictures(first, pair.first(looked.decoded()), autoencoder, parts));
      }
      return new Trainee.Loss(scope.keep(total), parts);
    }
  }

  /** Of the first level; the true latents' share no gradients. */
  private static Tensor held(
      Tensor scaled, UpsamplerPairs.Pair pair, PictureAutoencoder autoencoder) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor wanted = wanted(pair.high().narrow(0, 0, scaled.size(0)), autoencoder);
      Tensor found = autoencoder.firstLevel(scaled).orElseThrow();
      Tensor error = found.sub(wanted).to(DType.F32).square().mean();
      return scope.keep(error.div(wanted.to(DType.F32).square().mean().add(1e-6)));
    }
  }

  private static Tensor wanted(Tensor latents, PictureAutoencoder autoencoder) {
    try (GradMode off = GradMode.disabled()) {
      return autoencoder.firstLevel(latents).orElseThrow();
    }
  }

  private Tensor ofPictures(
      Tensor scaled,
      UpsamplerPairs.Pair pair,
      PictureAutoencoder autoencoder,
      Map<String, Double> parts) {
    try (TensorScope scope = TensorScope.open()) {
      PictureAutoencoder.Inside found = decoded(scaled, autoencoder);
      Tensor error = found.picture().sub(pair.pictures()).to(DType.F32);
      parts.put("psnr", PixelLoss.psnr(error));
      Tensor total = error.abs().mean().mul(pixels);
      if (gradients > 0) {
        total = total.add(PixelLoss.gradients(error).mul(gradients));
      }
      if (tones > 0) {
        Tensor coarse = PixelLoss.tones(error);
        parts.put("tones", coarse.item());
        total = total.add(coarse.mul(tones));
      }
      if (ssim > 0) {
        Tensor similarity = Ssim.mean(found.picture(), pair.pictures());
        parts.put("ssim", similarity.item());
        total = total.add(similarity.neg().add(1).mul(ssim));
      }
      if (features > 0) {
        Tensor distance = distance(found.activations(), truth(pair.high(), autoencoder));
        parts.put("features", distance.item());
        total = total.add(distance.mul(features));
      }
      return scope.keep(total);
    }
  }

  private PictureAutoencoder.Inside decoded(Tensor latents, PictureAutoencoder autoencoder) {
    return features > 0
        ? autoencoder.decodeInside(latents).orElseThrow()
        : new PictureAutoencoder.Inside(autoencoder.decode(latents), List.of());
  }

  private static List<Tensor> truth(Tensor latents, PictureAutoencoder autoencoder) {
    try (GradMode off = GradMode.disabled()) {
      return autoencoder.decodeInside(latents).orElseThrow().activations();
    }
  }

  private static Tensor distance(List<Tensor> found, List<Tensor> wanted) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor sum = relative(found.get(0), wanted.get(0));
      for (int i = 1; i < wanted.size(); i++) {
        sum = sum.add(relative(found.get(i), wanted.get(i)));
      }
      return scope.keep(sum.div(wanted.size()));
    }
  }

  private static Tensor relative(Tensor found, Tensor wanted) {
    Tensor size = wanted.to(DType.F32).abs().mean().add(1e-6);
    return found.sub(wanted).to(DType.F32).abs().mean().div(size);
  }
}
