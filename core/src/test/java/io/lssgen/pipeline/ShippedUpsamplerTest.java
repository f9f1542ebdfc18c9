package io.lssgen.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.errors.ModelException;
import io.lssgen.image.RgbImage;
import io.lssgen.scaling.LatentSpace;
import io.lssgen.scaling.ScalingSpace;
import io.lssgen.tensor.TorchRuntime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The tests' resources hold a tiny upsampler for SD3's latents, in the place of shipped ones. */
class ShippedUpsamplerTest {
  @TempDir Path folder;

  @BeforeEach
  void oneThread() {
    TorchRuntime.threads(1);
  }

  /** The tiny FLUX model with another scale and shift of its latents, and no upsampler. */
  private Path model(String scale, String shift) throws IOException {
    Path model = TinyModels.create(folder.resolve("model"), "dev");
    Files.move(model.resolve("upsampler"), folder.resolve("own"));
    Path config = model.resolve("vae/config.json");
    String changed = Files.readString(config).replace("0.3611", scale).replace("0.1159", shift);
    Files.writeString(config, changed);
    return model;
  }

  private static GenerationRequest.Builder staged() {
    return GenerationRequest.builder("a dog")
        .width(64)
        .height(64)
        .minSize(32)
        .steps(4)
        .shorten(false) // else one step is left, and the second stage begins at pure noise
        .seed(4)
        .keepStageLatents(true);
  }

  /** What the second stage made of the doubled latents. */
  private static float[] latents(PipelineLoader loader) {
    try (TextToImage model = loader.load()) {
      return model.generate(staged().build()).stageLatents().get(1).values();
    }
  }

  @Test
  void thoseOfTheBuildAreFoundByTheirSpace() {
    assertThat(EmbeddedModel.upsampler(LatentSpace.SD3)).isPresent();
    assertThat(EmbeddedModel.upsampler(LatentSpace.FLUX)).isEmpty();
  }

  @Test
  void aModelWithoutItsOwnTakesTheOneForItsLatents() throws IOException {
    Path model = model("1.5305", "0.0609");
    float[] shipped = latents(PipelineLoader.of(model));
    float[] named =
        latents(
            PipelineLoader.of(model)
                .upsampler(EmbeddedModel.upsampler(LatentSpace.SD3).orElseThrow()));
    assertThat(shipped).isEqualTo(named);
  }

  @Test
  void theModelsOwnAndTheOneThatIsNamedComeFirst() throws IOException {
    Path model = model("1.5305", "0.0609");
    float[] shipped = latents(PipelineLoader.of(model));
    Path other = folder.resolve("other");
    TinyModels.copy(TinyModels.golden("upsampler-16ch"), other);
    assertThat(latents(PipelineLoader.of(model).upsampler(other))).isNotEqualTo(shipped);
    TinyModels.copy(other, model.resolve("upsampler"));
    assertThat(latents(PipelineLoader.of(model))).isNotEqualTo(shipped);
  }

  @Test
  void aFileTakesThatOfTheFolderWithItsOtherParts() {
    Path parts = TinyModels.create(folder.resolve("parts"), "dev");
    PipelineLoader file =
        PipelineLoader.of(TinyModels.golden("gguf/flux-tiny.gguf")).components(parts);
    assertThat(latents(file)).isEqualTo(latents(file.upsampler(parts.resolve("upsampler"))));
  }

  @Test
  void whereThereIsNoneTheLatentsAreNamed() throws IOException {
    Path flux = model("0.3611", "0.1159");
    assertThatThrownBy(() -> latents(PipelineLoader.of(flux)))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("none comes along for latents of the space flux")
        .hasMessageContaining("--upsampler");
    Path config = flux.resolve("vae/config.json");
    Files.writeString(config, Files.readString(config).replace("0.3611", "0.5"));
    assertThatThrownBy(() -> latents(PipelineLoader.of(flux)))
        .hasMessageContaining("none comes along for latents of this kind (16 channels)");
  }

  @Test
  void anUpsamplerForOtherLatentsOfAsManyChannelsIsRefused() throws IOException {
    Path flux = model("0.3611", "0.1159");
    PipelineLoader named =
        PipelineLoader.of(flux).upsampler(EmbeddedModel.upsampler(LatentSpace.SD3).orElseThrow());
    assertThatThrownBy(named::load)
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("trained for sd3 latents");
  }

  @Test
  void latentsGrowByTheirCosineTransform() throws IOException {
    Path flux = model("0.3611", "0.1159");
    try (TextToImage model = PipelineLoader.of(flux).load()) {
      RgbImage grown = model.generate(staged().scaling(ScalingSpace.DCT).build()).images().get(0);
      assertThat(grown.width()).isEqualTo(64);
    }
  }
}
