package io.lssgen.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.errors.ModelException;
import io.lssgen.errors.UsageException;
import io.lssgen.scaling.ScalingSpace;
import io.lssgen.tensor.DType;
import io.lssgen.weights.ModelConverter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ComponentTypesTest {
  @TempDir static Path folder;

  private static Path flux;
  private static Path xl;

  @BeforeAll
  static void create() {
    flux = TinyModels.create(folder.resolve("flux"), "dev");
    xl = TinyModels.createDiffusion(folder.resolve("xl"), "sdxl");
  }

  private static GenerationRequest request() {
    return GenerationRequest.builder("a red apple")
        .size(64, 64)
        .minSize(32)
        .steps(10)
        .shorten(false)
        .startSigma(0.3) // else the second stage would begin at pure noise
        .seed(4)
        .scaling(ScalingSpace.NEURAL)
        .cfgScale(2)
        .keepStageLatents(true)
        .build();
  }

  private static GenerationResult made(PipelineLoader loader) {
    try (TextToImage model = loader.load()) {
      return model.generate(request());
    }
  }

  private static PipelineLoader half(Path model) {
    return PipelineLoader.of(model).dtype(DType.BF16);
  }

  @ParameterizedTest
  @CsvSource({"flux, transformer", "xl, unet"})
  void eachComponentForItselfIsAllOfThemTogether(String name, String denoiser) {
    Path model = folder.resolve(name);
    PipelineLoader one = half(model);
    for (String each : List.of(denoiser, "vae", "text_encoder", "text_encoder_2", "upsampler")) {
      one = one.dtype(each, DType.F32);
    }
    GenerationResult all = made(PipelineLoader.of(model).dtype(DType.F32));

    assertThat(made(one).images()).isEqualTo(all.images());
    assertThat(made(half(model)).stageLatents()).isNotEqualTo(all.stageLatents());
  }

  @ParameterizedTest
  @CsvSource({"flux, transformer", "xl, unet"})
  void aComponentHasWhatIsSaidOfItAlone(String name, String denoiser) {
    Path model = folder.resolve(name);
    GenerationResult half = made(half(model));
    GenerationResult decoded = made(half(model).dtype("vae", DType.F32));

    assertThat(decoded.stageLatents()).isEqualTo(half.stageLatents());
    assertThat(decoded.images()).isNotEqualTo(half.images());
    for (String each : List.of(denoiser, "text_encoder", "text_encoder_2")) {
      assertThat(made(half(model).dtype(each, DType.F32)).stageLatents())
          .as(each)
          .isNotEqualTo(half.stageLatents());
    }
  }

  @Test
  void theUpsamplersIsUsedFromTheSecondStageOn() {
    GenerationResult half = made(half(flux));
    GenerationResult other = made(half(flux).dtype("upsampler", DType.F32));

    assertThat(other.stageLatents().get(0)).isEqualTo(half.stageLatents().get(0));
    assertThat(other.stageLatents().get(1)).isNotEqualTo(half.stageLatents().get(1));
  }

  @Test
  void aModelsFileMayNameThemAndPicturesTell() throws IOException {
    Path model = TinyModels.create(folder.resolve("named"), "dev");
    Path file = model.resolve(ModelDefaults.FILE);
    Files.writeString(file, "{\"dtype\": \"bf16\", \"component_dtypes\": {\"vae\": \"fp32\"}}");

    assertThat(made(PipelineLoader.of(model)).images())
        .isEqualTo(made(half(flux).dtype("vae", DType.F32)).images());
    assertThatThrownBy(() -> PipelineLoader.of(model).dtype("unet", DType.F32).load())
        .isInstanceOf(UsageException.class);
    try (TextToImage loaded = PipelineLoader.of(model).dtype(DType.F32).load()) {
      assertThat(loaded.recipe(request()).metadata(4).environment()).containsEntry("dtype", "fp32");
    }
    try (TextToImage loaded = PipelineLoader.of(model).load()) {
      assertThat(loaded.recipe(request()).metadata(4).environment())
          .containsEntry("dtype", "bf16, vae=fp32");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "5 | an object",
        "{\"vae\": \"fp16\"} | component_dtypes.vae wants fp32, bf16 or auto, found fp16",
        "{\"vae\": {}} | found {}"
      })
  void aWrongOneIsTheFilesFault(String value, String part) throws IOException {
    Path file = folder.resolve(ModelDefaults.FILE);
    Files.writeString(file, "{\"component_dtypes\": %s}".formatted(value));

    assertThatThrownBy(() -> PipelineLoader.of(folder))
        .isInstanceOf(ModelException.class)
        .hasMessageStartingWith(file.toString())
        .hasMessageContainingAll("component_dtypes", part);
  }

  @Test
  void aComponentThatAModelsOwnFileNamesAndItLacksIsTheFilesFault() throws IOException {
    Path model = TinyModels.create(folder.resolve("lacking"), "dev");
    Path file = model.resolve(ModelDefaults.FILE);
    Files.writeString(file, "{\"component_dtypes\": {\"unet\": \"fp32\"}}");

    assertThatThrownBy(() -> PipelineLoader.of(model).load())
        .isInstanceOf(ModelException.class)
        .hasMessageStartingWith(file.toString())
        .hasMessageContaining("'unet'");
  }

  @Test
  void whatTheModelLacksIsRefused() {
    assertThatThrownBy(() -> half(xl).dtype("transformer", DType.F32).load())
        .isInstanceOf(UsageException.class)
        .hasMessageContainingAll("unet", "vae", "text_encoder_2", "upsampler", "'transformer'");
    assertThatThrownBy(() -> half(xl).dtype("vae", DType.F16))
        .isInstanceOf(UsageException.class)
        .hasMessageContainingAll("fp32 or bf16", "fp16");
  }

  @Test
  void copiedWeightsOutliveTheirFiles() throws IOException {
    Path model = TinyModels.create(folder.resolve("copied"), "dev");
    List<?> images = made(PipelineLoader.of(flux)).images();
    PipelineLoader loader =
        PipelineLoader.of(model).upsampler(model.resolve("upsampler")).memoryMapped(false);
    try (TextToImage loaded = loader.load()) {
      for (String component : List.of("transformer", "vae", "upsampler")) {
        zero(model.resolve(component + "/diffusion_pytorch_model.safetensors"));
      }
      for (String component : List.of("text_encoder", "text_encoder_2")) {
        zero(model.resolve(component + "/model.safetensors"));
      }
      for (int i = 0; i < 2; i++) {
        assertThat(loaded.generate(request()).images()).isEqualTo(images);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"dev", "sd", "sdxl"})
  void weightsThatStayAsTheyAreStoredMakeTheSamePictures(String form) {
    Path full = folder.resolve("full-" + form);
    if (form.equals("dev")) {
      TinyModels.create(full, form);
    } else {
      TinyModels.createDiffusion(full, form);
    }
    for (DType type : List.of(DType.BF16, DType.F16)) {
      Path stored = folder.resolve(form + "-" + type);
      ModelConverter.convert(full, stored, type);
      PipelineLoader loader = PipelineLoader.of(stored).dtype(DType.F32);

      GenerationResult converted = made(loader);
      GenerationResult kept = made(loader.convertedWeights(false));

      assertThat(kept.stageLatents()).isEqualTo(converted.stageLatents());
      assertThat(kept.images()).isEqualTo(converted.images());
    }
  }

  /** In place: a map would see it. */
  private static void zero(Path weights) throws IOException {
    byte[] zeros = new byte[Math.toIntExact(Files.size(weights))];
    Files.write(weights, zeros, StandardOpenOption.WRITE);
  }
}
