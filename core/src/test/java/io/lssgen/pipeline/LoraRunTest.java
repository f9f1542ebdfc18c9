package io.lssgen.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.errors.ModelException;
import io.lssgen.errors.UsageException;
import io.lssgen.image.RgbImage;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.LiveHandles;
import io.lssgen.tensor.TorchRuntime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Requests with different LoRAs, one after the other, on one loaded model. */
@ParameterizedClass
@EnumSource
class LoraRunTest {
  private static final String PROMPT = "a red apple left of a blue book";
  private static final Path LORAS = TinyModels.golden("lora");

  /** A family's tiny model, the beginning of its LoRAs' names, and a LoRA that is for another. */
  enum Tiny {
    FLUX("flux", "transformer", "sd-kohya"),
    SD("sd-tiny", "unet", "flux-kohya"),
    SDXL("sdxl-tiny", "unet", "sd-tiny-kohya");

    private final String loras;
    private final String denoiser;
    private final Path other;

    Tiny(String loras, String denoiser, String other) {
      this.loras = loras;
      this.denoiser = denoiser;
      this.other = LORAS.resolve(other + ".safetensors");
    }

    private Path create(Path folder) {
      return this == FLUX
          ? TinyModels.create(folder, "dev")
          : TinyModels.createDiffusion(folder, name().toLowerCase(Locale.ROOT));
    }
  }

  @Parameter private Tiny tiny;
  private String firstName;
  private String secondName;
  private Path first;
  private Path second;

  @TempDir Path folder;
  private Path modelFolder;
  private TextToImage model;

  @BeforeEach
  void open() {
    TorchRuntime.threads(1); // tiny tensors: more threads only wait for each other
    firstName = tiny.loras + "-kohya";
    secondName = tiny.loras + "-peft";
    first = LORAS.resolve(firstName + ".safetensors");
    second = LORAS.resolve(secondName + ".safetensors");
    modelFolder = tiny.create(folder.resolve("model"));
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
    List<RgbImage> one = pictures(request(PROMPT).lora(first, 0.8));
    List<RgbImage> both = pictures(request(PROMPT).lora(first, 0.8).lora(second, -0.5));

    assertThat(one).isNotEqualTo(before);
    assertThat(both).isNotEqualTo(before).isNotEqualTo(one);
    assertThat(pictures(request(PROMPT).lora(first, 0.8))).isEqualTo(one);
    assertThat(pictures(request(PROMPT).lora(second, -0.5).lora(first, 0.8))).isEqualTo(both);
    assertThat(pictures(request(PROMPT).lora(first, 0))).isEqualTo(before);
    assertThat(plain()).isEqualTo(before);
  }

  @Test
  void bfloat16IsItselfAgainToo() {
    try (TextToImage halves = PipelineLoader.of(modelFolder).dtype(DType.BF16).load()) {
      List<RgbImage> before = halves.generate(request(PROMPT).build()).images();
      GenerationRequest changed = request(PROMPT).lora(first, 1).build();
      assertThat(halves.generate(changed).images()).isNotEqualTo(before);
      assertThat(halves.generate(request(PROMPT).build()).images()).isEqualTo(before);
    }
  }

  /** Weights that are read again hold no LoRA, whatever the model was told before. */
  @Test
  void textEncodersThatLeftTheMemoryGetThemAgain() {
    try (TextToImage resting = PipelineLoader.of(modelFolder).keepTextEncoders(false).load()) {
      for (double weight : new double[] {0.8, 0.8, 0, 0.8}) {
        GenerationRequest.Builder request = request(PROMPT).lora(first, weight).lora(second, 1);
        assertThat(resting.generate(request.build()).images()).isEqualTo(pictures(request));
      }
      assertThat(resting.generate(request(PROMPT).build()).images()).isEqualTo(plain());
    }
  }

  @Test
  void promptsNameThem() {
    List<RgbImage> wanted = pictures(request(PROMPT).lora(second, 0.5).lora(first, 1));
    String tags = " <lora:%s:0.5><lora:%s>".formatted(secondName, firstName);
    GenerationRequest request = request(PROMPT + tags).build();
    GenerationResult result = model.generate(request);

    assertThat(result.images()).isEqualTo(wanted);
    assertThat(result.warnings()).isEmpty();
    assertThat(result.recipe().metadata(5).prompt()).isEqualTo(request.prompt());
    assertThat(result.recipe().metadata(5).settings().get("LoRA"))
        .matches(
            "%s:0.5 \\([0-9a-f]{10}\\), %s:1.0 \\([0-9a-f]{10}\\)"
                .formatted(secondName, firstName));
    assertThat(model.recipe(request(PROMPT).build()).metadata(5).settings())
        .doesNotContainKey("LoRA");
    assertThatThrownBy(() -> model.recipe(request("<lora:any:x>").build()))
        .isInstanceOf(UsageException.class);
    assertThatThrownBy(() -> pictures(request("a dog <lora:film>")))
        .isInstanceOf(UsageException.class)
        .hasMessageContainingAll("'film'", "flux-kohya, flux-peft");
  }

  @Test
  void changingThemAgainAndAgainLeavesNoNativeHandles() {
    round();
    long before = LiveHandles.settled();
    for (int i = 0; i < 4; i++) {
      round();
    }
    assertThat(TorchRuntime.liveHandles()).isEqualTo(before);
  }

  private void round() {
    pictures(request(PROMPT).lora(first, 0.8));
    pictures(request(PROMPT).lora(first, 0.8).lora(second, -0.5));
    plain();
    assertThatThrownBy(() -> pictures(request(PROMPT).lora(tiny.other, 1)))
        .isInstanceOf(ModelException.class);
  }

  @Test
  void aModelThatCannotBePutInOrderSaysSoUntilItIs() throws IOException {
    List<RgbImage> before = plain();
    pictures(request(PROMPT).lora(first, 0.8));
    Path denoiser =
        modelFolder.resolve(tiny.denoiser).resolve("diffusion_pytorch_model.safetensors");
    Path away = folder.resolve("away.safetensors");
    Files.move(denoiser, away);

    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(this::plain)
          .isInstanceOf(ModelException.class)
          .hasMessageContaining(denoiser.toString());
    }
    Files.copy(away, denoiser); // the same bytes, but who knows?
    assertThatThrownBy(this::plain)
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("it was changed since it was opened");

    Files.delete(denoiser);
    Files.move(away, denoiser);
    assertThat(plain()).isEqualTo(before);
  }
}
