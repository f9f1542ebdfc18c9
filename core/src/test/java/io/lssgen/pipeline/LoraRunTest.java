package io.lssgen.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.errors.ModelException;
import io.lssgen.errors.UsageException;
import io.lssgen.image.RgbImage;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.TorchRuntime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Requests with different LoRAs, one after the other, on one loaded model. */
class LoraRunTest {
  private static final String PROMPT = "a red apple left of a blue book";
  private static final Path LORAS = TinyModels.golden("lora");
  private static final Path FIRST = LORAS.resolve("flux-kohya.safetensors");
  private static final Path SECOND = LORAS.resolve("flux-peft.safetensors");

  @TempDir Path folder;
  private Path modelFolder;
  private TextToImage model;

  @BeforeEach
  void open() {
    TorchRuntime.threads(1); // tiny tensors: more threads only wait for each other
    modelFolder = TinyModels.create(folder.resolve("dev"), "dev");
    model = PipelineLoader.of(modelFolder).loraFolder(LORAS).load();
  }

  @AfterEach
  void close() {
    model.close();
  }

  private static GenerationRequest.Builder request(String prompt) {
    return GenerationRequest.builder(prompt).size(32, 32).plain(true).steps(2).seed(5);
  }

  private List<RgbImage> pictures(GenerationRequest.Builder request) {
    return model.generate(request.build()).images();
  }

  private List<RgbImage> plain() {
    return pictures(request(PROMPT));
  }

  @Test
  void theModelIsItselfAgainAfterwards() {
    List<RgbImage> before = plain();
    List<RgbImage> first = pictures(request(PROMPT).lora(FIRST, 0.8));
    List<RgbImage> both = pictures(request(PROMPT).lora(FIRST, 0.8).lora(SECOND, -0.5));

    assertThat(first).isNotEqualTo(before);
    assertThat(both).isNotEqualTo(before).isNotEqualTo(first);
    assertThat(pictures(request(PROMPT).lora(FIRST, 0.8))).isEqualTo(first);
    assertThat(pictures(request(PROMPT).lora(SECOND, -0.5).lora(FIRST, 0.8))).isEqualTo(both);
    assertThat(pictures(request(PROMPT).lora(FIRST, 0))).isEqualTo(before);
    assertThat(plain()).isEqualTo(before);
  }

  @Test
  void bfloat16IsItselfAgainToo() {
    try (TextToImage halves = PipelineLoader.of(modelFolder).dtype(DType.BF16).load()) {
      List<RgbImage> before = halves.generate(request(PROMPT).build()).images();
      GenerationRequest changed = request(PROMPT).lora(FIRST, 1).build();
      assertThat(halves.generate(changed).images()).isNotEqualTo(before);
      assertThat(halves.generate(request(PROMPT).build()).images()).isEqualTo(before);
    }
  }

  /** Weights that are read again hold no LoRA, whatever the model was told before. */
  @Test
  void textEncodersThatLeftTheMemoryGetThemAgain() {
    try (TextToImage resting = PipelineLoader.of(modelFolder).keepTextEncoders(false).load()) {
      for (double weight : new double[] {0.8, 0.8, 0, 0.8}) {
        GenerationRequest.Builder request = request(PROMPT).lora(FIRST, weight).lora(SECOND, 1);
        assertThat(resting.generate(request.build()).images()).isEqualTo(pictures(request));
      }
      assertThat(resting.generate(request(PROMPT).build()).images()).isEqualTo(plain());
    }
  }

  @Test
  void promptsNameThem() {
    List<RgbImage> wanted = pictures(request(PROMPT).lora(SECOND, 0.5).lora(FIRST, 1));
    GenerationRequest request = request(PROMPT + " <lora:flux-peft:0.5><lora:flux-kohya>").build();
    GenerationResult result = model.generate(request);

    assertThat(result.images()).isEqualTo(wanted);
    assertThat(result.warnings()).isEmpty();
    assertThat(result.recipe().metadata(5).prompt()).isEqualTo(request.prompt());
    assertThat(result.recipe().metadata(5).settings().get("LoRA"))
        .matches("flux-peft:0.5 \\([0-9a-f]{10}\\), flux-kohya:1.0 \\([0-9a-f]{10}\\)");
    assertThat(model.recipe(request(PROMPT).build()).metadata(5).settings())
        .doesNotContainKey("LoRA");
    assertThatThrownBy(() -> model.recipe(request("<lora:flux-peft:x>").build()))
        .isInstanceOf(UsageException.class);
    assertThatThrownBy(() -> pictures(request("a dog <lora:film>")))
        .isInstanceOf(UsageException.class)
        .hasMessageContainingAll("'film'", "flux-kohya, flux-peft");
  }

  @Test
  void changingThemAgainAndAgainLeavesNoNativeHandles() {
    round();
    long before = TorchRuntime.liveHandles();
    for (int i = 0; i < 4; i++) {
      round();
    }
    assertThat(TorchRuntime.liveHandles()).isEqualTo(before);
  }

  private void round() {
    pictures(request(PROMPT).lora(FIRST, 0.8));
    pictures(request(PROMPT).lora(FIRST, 0.8).lora(SECOND, -0.5));
    plain();
    assertThatThrownBy(() -> pictures(request(PROMPT).lora(LORAS.resolve("sd.safetensors"), 1)))
        .isInstanceOf(ModelException.class);
  }

  @Test
  void aModelThatCannotBePutInOrderSaysSoUntilItIs() throws IOException {
    List<RgbImage> before = plain();
    pictures(request(PROMPT).lora(FIRST, 0.8));
    Path transformer = modelFolder.resolve("transformer/diffusion_pytorch_model.safetensors");
    Path away = folder.resolve("away.safetensors");
    Files.move(transformer, away);

    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(this::plain)
          .isInstanceOf(ModelException.class)
          .hasMessageContaining(transformer.toString());
    }
    Files.copy(away, transformer); // the same bytes, but who knows?
    assertThatThrownBy(this::plain)
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("it was changed since it was opened");

    Files.delete(transformer);
    Files.move(away, transformer);
    assertThat(plain()).isEqualTo(before);
  }
}
