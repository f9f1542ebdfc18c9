package io.lssgen.eval;

import static io.lssgen.model.GoldenTensors.ROOT;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lssgen.files.AtomicFile.IfExists;
import io.lssgen.image.ImageFiles;
import io.lssgen.image.ResampleKernel;
import io.lssgen.image.RgbImage;
import io.lssgen.model.GoldenTensors;
import io.lssgen.model.LatentCodec;
import io.lssgen.model.vae.LoadedPictureAutoencoder;
import io.lssgen.scaling.LoadedUpsampler;
import io.lssgen.scaling.NeuralScaler;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.LiveHandles;
import io.lssgen.tensor.NormalSource;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.TorchRuntime;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With the tiny autoencoder and an upsampler of random weights, or without an autoencoder. */
class UpsamplerEvaluationTest {
  @TempDir Path folder;

  @BeforeEach
  void oneThread() {
    TorchRuntime.threads(1);
  }

  private static RgbImage slope(int level) {
    byte[] rgb = new byte[64 * 64 * 3];
    for (int i = 0; i < rgb.length; i++) {
      rgb[i] = (byte) (level + i / 3 % 64 * 2);
    }
    return new RgbImage(64, 64, rgb);
  }

  private static UpsamplerEvaluation.Result run(int shown) {
    try (LoadedPictureAutoencoder tiny =
            LoadedPictureAutoencoder.open(ROOT.resolve("tiny-autoencoder/tae"), DType.F32);
        LoadedUpsampler random = LoadedUpsampler.open(ROOT.resolve("upsampler-tiny"), DType.F32)) {
      return new UpsamplerEvaluation(
              tiny.codec(),
              ResampleKernel.LANCZOS,
              Map.of("ours", NeuralScaler.of(random.network(), tiny.codec(), DType.F32)))
          .run(List.of(slope(0), slope(90)), shown);
    }
  }

  @Test
  void everyWayHasARowAndThePicturesThatWereAskedFor() {
    UpsamplerEvaluation.Result result = run(1);
    assertThat(result.rows())
        .extracting(UpsamplerEvaluation.Row::way)
        .containsExactly(
            UpsamplerEvaluation.AUTOENCODER,
            "nearest-exact",
            "bilinear",
            "bicubic",
            "dct",
            "ours",
            "pixel round trip");
    assertThat(result.rows().get(0).latentError()).isZero();
    assertThat(result.rows().subList(1, 7)).allMatch(row -> row.seconds() > 0);
    assertThat(result.pictures()).hasSize(1);
    assertThat(result.pictures().get(0)).hasSize(8).contains(slope(0));
  }

  /**
   * Two pictures that are their own latents, against scikit-image, numpy, scipy and torch
   * (tools/golden/upsampler_metrics.py): relative 1e-4.
   */
  @Test
  void rowsAreWhatOthersMeasure() throws IOException {
    JsonNode wanted =
        new ObjectMapper().readTree(ROOT.resolve("upsampler/evaluation.json").toFile());
    List<RgbImage> pictures = goldenPictures();
    UpsamplerEvaluation.Result result =
        new UpsamplerEvaluation(new PicturesAsLatents(), ResampleKernel.AREA, Map.of())
            .run(pictures, 0);

    UpsamplerEvaluation.Row alone = result.rows().get(0);
    assertThat(alone.latentError() + alone.spectrum()).isZero();
    assertThat(alone.psnr()).isEqualTo(Double.POSITIVE_INFINITY);
    assertThat(alone.ssim()).isCloseTo(1, Offset.offset(1e-6));
    List<UpsamplerEvaluation.Row> rows = result.rows().subList(1, 5);
    assertThat(wanted).hasSize(rows.size());
    rows.forEach(row -> assertRow(row, wanted.get(row.way())));
    // The picture is its own latents: doubled there or here, it is the same.
    assertThat(result.rows().get(5))
        .usingRecursiveComparison()
        .ignoringFields("way", "seconds")
        .isEqualTo(rows.get(2));
  }

  private static void assertRow(UpsamplerEvaluation.Row row, JsonNode wanted) {
    Percentage close = Percentage.withPercentage(0.01);
    assertThat(row.latentError()).isCloseTo(wanted.get("latent_error").asDouble(), close);
    assertThat(row.psnr()).isCloseTo(wanted.get("psnr").asDouble(), close);
    assertThat(row.ssim()).isCloseTo(wanted.get("ssim").asDouble(), close);
    assertThat(row.spectrum()).isCloseTo(wanted.get("spectrum").asDouble(), close);
  }

  private static List<RgbImage> goldenPictures() {
    try (TensorScope scope = TensorScope.open()) {
      assertThat(scope).isNotNull();
      GoldenTensors golden = GoldenTensors.read("upsampler/evaluation.safetensors");
      return golden.all().values().stream()
          .map(levels -> new RgbImage(48, 48, levels.toByteArray()))
          .toList();
    }
  }

  private static final class PicturesAsLatents implements LatentCodec {
    @Override
    public int channels() {
      return 3;
    }

    @Override
    public int factor() {
      return 1;
    }

    @Override
    public Tensor decode(Tensor latents) {
      return latents;
    }

    @Override
    public Tensor encode(Tensor images) {
      return images;
    }

    @Override
    public Tensor sample(Tensor images, NormalSource noise) {
      return images;
    }
  }

  @Test
  void measuringLeavesNoHandles() {
    run(0);
    long before = LiveHandles.settled();
    run(0);
    assertThat(TorchRuntime.liveHandles()).isEqualTo(before);
  }

  @Test
  void theReportIsATableOrJson() throws Exception {
    UpsamplerReport report =
        new UpsamplerReport(Map.of("dtype", "fp32"), run(0).rows(), List.of("x.jpg is skipped"));
    assertThat(report.human()).contains("latent MSE", "bicubic", "ours", "x.jpg is skipped");
    JsonNode json = new ObjectMapper().readTree(report.json());
    assertThat(json.get("ways")).hasSize(7);
    assertThat(json.get("ways").get(3).get("psnr").asDouble()).isPositive();
    assertThat(json.get("skipped").get(0).asText()).contains("x.jpg");
  }

  @Test
  void theSheetShowsEachWayBesideTheOriginal() {
    Path file = folder.resolve("sheet.png");
    UpsamplerSheet.write(file, run(2), IfExists.REFUSE);
    RgbImage sheet = ImageFiles.read(file);
    assertThat(sheet.width()).isEqualTo(8 * 68);
    assertThat(sheet.height()).isGreaterThan(2 * 64);
    assertThat(sheet.crop(0, 18, 64, 64)).isEqualTo(slope(0));
  }
}
