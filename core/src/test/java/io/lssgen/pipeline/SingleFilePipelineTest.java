package io.lssgen.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.errors.ModelException;
import io.lssgen.image.RgbImage;
import io.lssgen.model.GoldenSingleFiles;
import io.lssgen.model.ModelParts;
import io.lssgen.scaling.ScalingSpace;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.TorchRuntime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A single file makes the same pictures as the folder of the same weights, to the bit. */
class SingleFilePipelineTest {
  @TempDir static Path root;

  private static Path folder;
  private static Path file;

  @BeforeAll
  static void unpack() throws IOException {
    TorchRuntime.threads(1); // tiny tensors: more threads only wait for each other
    GoldenSingleFiles.unpack(root);
    folder = root.resolve("flux");
    file = Files.move(root.resolve("flux.safetensors"), root.resolve("tiny.safetensors"));
    for (String part : List.of("tokenizer", "tokenizer_2", "scheduler")) {
      TinyModels.copy(TinyModels.golden("flux-tiny/" + part), folder.resolve(part));
    }
    Files.copy(
        TinyModels.golden("flux-tiny/model_index.json"),
        folder.resolve("model_index.json"),
        StandardCopyOption.REPLACE_EXISTING);
  }

  @ParameterizedTest
  @CsvSource({"sd, Stable Diffusion", "xl, SDXL"})
  void picturesOfDiffusionModelsAreTheFoldersOwn(String kind, String family) throws IOException {
    Path own = root.resolve(kind);
    Files.copy(
        TinyModels.golden(
            "diffusion-tiny/%s/model_index.json".formatted(kind.equals("xl") ? "sdxl" : kind)),
        own.resolve("model_index.json"),
        StandardCopyOption.REPLACE_EXISTING);
    for (String part : kind.equals("xl") ? List.of("", "_2") : List.of("")) {
      TinyModels.copy(TinyModels.golden("flux-tiny/tokenizer"), own.resolve("tokenizer" + part));
    }
    PipelineLoader single = PipelineLoader.of(root.resolve(kind + ".safetensors")).components(own);
    for (DType type : new DType[] {DType.F32, DType.BF16}) {
      assertThat(pictures(single.dtype(type)))
          .isEqualTo(pictures(PipelineLoader.of(own).dtype(type)));
    }
    try (TextToImage model = single.load()) {
      assertThat(model.family()).isEqualTo(family);
      assertThat(model.defaults().name()).isEqualTo(kind);
    }
  }

  private static List<RgbImage> pictures(PipelineLoader loader) {
    try (TextToImage model = loader.load()) {
      GenerationRequest request =
          GenerationRequest.builder("a red apple")
              .size(64, 64)
              .minSize(32)
              .steps(4)
              .scaling(ScalingSpace.PIXEL)
              .seed(3)
              .build();
      return model.generate(request).images();
    }
  }

  @Test
  void picturesAreTheFoldersOwn() {
    for (DType type : new DType[] {DType.F32, DType.BF16}) {
      List<RgbImage> expected = pictures(PipelineLoader.of(folder).dtype(type));
      PipelineLoader single = PipelineLoader.of(file).components(folder).dtype(type);
      assertThat(pictures(single)).isEqualTo(expected);
      assertThat(expected.get(0).rgb()).isNotEqualTo(new byte[64 * 64 * 3]);
    }
    assertThat(pictures(PipelineLoader.of(folder).vae(file)))
        .isEqualTo(pictures(PipelineLoader.of(folder)));
  }

  @Test
  void theModelIsCalledAsItsFile() {
    try (TextToImage model = PipelineLoader.of(file).components(folder).load()) {
      assertThat(model.defaults().name()).isEqualTo("tiny");
      assertThat(model.family()).isEqualTo("FLUX.1");
    }
  }

  @Test
  void whatIsMissingIsToldBeforeAnythingIsLoaded() {
    assertThatThrownBy(() -> PipelineLoader.of(file).load())
        .isInstanceOf(ModelException.class)
        .hasMessageContainingAll("has no tokenizer_2", "--components");
    Path none = root.resolve("none");
    assertThatThrownBy(() -> PipelineLoader.of(folder).vae(none).load())
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("none");
    ModelParts variant = ModelParts.OWN.variant("fp16");
    assertThatThrownBy(() -> PipelineLoader.of(folder).parts(variant).load())
        .isInstanceOf(ModelException.class)
        .hasMessageContainingAll("no weights of variant 'fp16'");
  }
}
