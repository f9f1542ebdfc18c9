package io.lssgen.eval;

import io.lssgen.image.ResampleKernel;
import io.lssgen.image.RgbImage;
import io.lssgen.model.ImageTensors;
import io.lssgen.model.LatentCodec;
import io.lssgen.scaling.BicubicScaler;
import io.lssgen.scaling.DctScaler;
import io.lssgen.scaling.LatentScaler;
import io.lssgen.tensor.Functional;
import io.lssgen.tensor.GradMode;
import io.lssgen.tensor.NormalSource;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Compares ways to double latents on pictures: a picture is halved, encoded, doubled in latent
 * space and decoded, and held against the original; its latents against those of the original.
 *
 * <p>Legend: C latent channels, h latents of the halved picture along a side, S the picture's side.
 */
public final class UpsamplerEvaluation {
  /** The row of the autoencoder alone: what no way can surpass by much. */
  public static final String AUTOENCODER = "autoencoder alone";

  private static final NormalSource NO_NOISE =
      shape -> {
        throw new IllegalStateException("none of the ways that are compared draws noise");
      };

  private final LatentCodec codec;
  private final ResampleKernel kernel;
  private final Map<String, LatentScaler> ways;

  /**
   * What one way did, on average over the pictures.
   *
   * @param way its name
   * @param latentError mean squared error of the latents
   * @param psnr of the decoded picture against the original, in decibels
   * @param ssim see {@link Ssim}
   * @param spectrum see {@link RadialSpectrum}, in decibels
   * @param seconds per million pixels of the result
   */
  public record Row(
      String way, double latentError, double psnr, double ssim, double spectrum, double seconds) {}

  /**
   * All rows, and the pictures that they were computed from.
   *
   * @param rows the autoencoder alone first
   * @param pictures for each crop what each way made of it, in the order of the rows, after the
   *     original; only of as many crops as were asked for
   */
  public record Result(List<Row> rows, List<List<RgbImage>> pictures) {
    public Result {
      rows = List.copyOf(rows);
      pictures = List.copyOf(pictures);
    }
  }

  /**
   * @param kernel that halves the pictures
   * @param upsamplers by the names of their rows, for the codec's latents
   */
  public UpsamplerEvaluation(
      LatentCodec codec, ResampleKernel kernel, Map<String, LatentScaler> upsamplers) {
    this.codec = codec;
    this.kernel = kernel;
    ways = new LinkedHashMap<>();
    ways.put("nearest-exact", (latents, noise) -> nearest(latents));
    ways.put("bilinear", (latents, noise) -> bilinear(latents));
    ways.put("bicubic", new BicubicScaler());
    ways.put("dct", new DctScaler());
    ways.putAll(upsamplers);
    ways.put("pixel round trip", (latents, noise) -> roundTrip(latents));
  }

  private static Tensor nearest(Tensor latents) {
    return Functional.upsampleNearest(latents, 2 * latents.size(2), 2 * latents.size(3));
  }

  private static Tensor bilinear(Tensor latents) {
    return Functional.upsampleBilinear(latents, 2 * latents.size(2), 2 * latents.size(3));
  }

  private Tensor roundTrip(Tensor latents) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor picture = codec.decode(latents); // [1, 3, S/2, S/2]
      Tensor doubled =
          Functional.upsampleBicubic(picture, 2 * picture.size(2), 2 * picture.size(3));
      return scope.keep(codec.encode(doubled));
    }
  }

  /**
   * Measures.
   *
   * @param crops square, of one side, a multiple of twice the codec's factor and at least 16
   * @param shown of how many crops pictures are kept
   */
  public Result run(List<RgbImage> crops, int shown) {
    Map<String, Sums> sums = new LinkedHashMap<>();
    List<List<RgbImage>> pictures = new ArrayList<>();
    warmUp(crops.get(0));
    for (RgbImage crop : crops) {
      List<RgbImage> row = new ArrayList<>(List.of(crop));
      measure(crop, sums, row);
      if (pictures.size() < shown) {
        pictures.add(row);
      }
    }
    List<Row> rows = new ArrayList<>();
    sums.forEach((way, sum) -> rows.add(sum.row(way, crops.size())));
    return new Result(rows, pictures);
  }

  /** The first call of each way takes longer. */
  private void warmUp(RgbImage crop) {
    try (TensorScope scope = TensorScope.open();
        GradMode off = GradMode.disabled()) {
      Tensor low = low(ImageTensors.toTensor(List.of(crop)));
      ways.values().forEach(way -> way.scale(low, NO_NOISE));
    }
  }

  /** The latents of the halved picture, [1, C, h, h]. */
  private Tensor low(Tensor original) {
    int half = Math.toIntExact(original.size(2) / 2);
    return codec.encode(ImageTensors.resized(original, half, half, kernel).clamp(-1, 1));
  }

  private void measure(RgbImage crop, Map<String, Sums> sums, List<RgbImage> row) {
    try (TensorScope scope = TensorScope.open();
        GradMode off = GradMode.disabled()) {
      Tensor original = ImageTensors.toTensor(List.of(crop)); // [1, 3, S, S]
      Tensor high = codec.encode(original); // [1, C, 2h, 2h]
      Tensor low = low(original);
      add(sums, AUTOENCODER, high, high, original, 0, row);
      ways.forEach(
          (name, way) -> {
            try (TensorScope one = TensorScope.open()) {
              long begin = System.nanoTime();
              Tensor doubled = way.scale(low, NO_NOISE);
              double seconds = (System.nanoTime() - begin) / 1e9;
              add(sums, name, doubled, high, original, seconds, row);
            }
          });
    }
  }

  private void add(
      Map<String, Sums> sums,
      String name,
      Tensor latents,
      Tensor high,
      Tensor original,
      double seconds,
      List<RgbImage> row) {
    Tensor picture = codec.decode(latents).clamp(-1, 1);
    row.add(ImageTensors.toImages(picture).get(0));
    double error = picture.sub(original).square().mean().item();
    Sums sum = sums.computeIfAbsent(name, key -> new Sums());
    sum.latentError += latents.sub(high).square().mean().item();
    sum.psnr += 10 * Math.log10(4 / error); // of values in [−1, 1] the peak is 2
    sum.ssim += Ssim.mean(picture, original).item();
    sum.spectrum += RadialSpectrum.error(picture, original);
    sum.seconds += seconds;
    sum.pixels += original.size(2) * original.size(3);
  }

  private static final class Sums {
    private double latentError;
    private double psnr;
    private double ssim;
    private double spectrum;
    private double seconds;
    private double pixels;

    Row row(String way, int n) {
      return new Row(
          way, latentError / n, psnr / n, ssim / n, spectrum / n, 1e6 * seconds / pixels);
    }
  }
}
