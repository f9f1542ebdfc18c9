package io.lssgen.eval;

import static io.lssgen.model.GoldenTensors.ROOT;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lssgen.files.AtomicFile.IfExists;
import io.lssgen.image.ImageFiles;
import io.lssgen.image.ResampleKernel;
import io.lssgen.image.RgbImage;
import io.lssgen.model.vae.LoadedPictureAutoencoder;
import io.lssgen.scaling.LoadedUpsampler;
import io.lssgen.scaling.NeuralScaler;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.TorchRuntime;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With the tiny autoencoder and an upsampler of random weights. */
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
    assertThat(result.rows())
        .allMatch(row -> Double.isFinite(row.psnr()) && Double.isFinite(row.spectrum()));
    assertThat(result.rows().subList(1, 7)).allMatch(row -> row.seconds() > 0);
    assertThat(result.pictures()).hasSize(1);
    assertThat(result.pictures().get(0)).hasSize(8).contains(slope(0));
  }

  @Test
  void measuringLeavesNoHandles() {
    run(0);
    long before = TorchRuntime.liveHandles();
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
