package io.lssgen.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InspectCommandTest {
  @TempDir Path folder;
  private Path model;

  @BeforeEach
  void createModel() {
    model = TinyModel.create(folder.resolve("tiny"));
  }

  @Test
  void listsEveryComponentOfAModel() {
    CommandRun run = CommandRun.of("inspect", model);

    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isEqualTo(ExitCode.OK);
    assertThat(run.out())
        .contains("FluxPipeline", "FLUX.1")
        .containsPattern("(?m)^transformer +FluxTransformer2DModel +[\\d,]+ +\\S+ KiB +F32$")
        .containsPattern("(?m)^tokenizer +CLIPTokenizer +0 .*no weights$")
        .containsPattern("(?m)^upsampler +LatentUpSampler +")
        .containsPattern("weights in memory: .* in fp32, .* in bf16");
  }

  @Test
  void jsonCountsParametersAndMemory() throws IOException {
    JsonNode json =
        new ObjectMapper().readTree(CommandRun.of("inspect", model, "--format", "json").out());

    long sum = 0;
    long bytes = 0;
    for (JsonNode component : json.get("components")) {
      sum += component.get("parameters").asLong();
      bytes += component.get("file_bytes").asLong();
    }
    assertThat(json.get("parameters").asLong()).isEqualTo(sum).isPositive();
    assertThat(json.get("file_bytes").asLong()).isEqualTo(bytes);
    assertThat(json.at("/weights_memory_bytes/fp32").asLong()).isEqualTo(4 * sum);
    assertThat(json.at("/weights_memory_bytes/bf16").asLong()).isEqualTo(2 * sum);
    assertThat(bytes).isGreaterThan(4 * sum); // the files are fp32 and have headers
  }

  @Test
  void weightsFileListsItsTensors() {
    Path file = model.resolve("vae/diffusion_pytorch_model.safetensors");
    CommandRun run = CommandRun.of("inspect", file, "-v");

    assertThat(run.code()).isEqualTo(ExitCode.OK);
    assertThat(run.out())
        .containsPattern("(?m)^  decoder\\.conv_in\\.weight +F32 +\\[16, 16, 3, 3\\]$");
  }

  @ParameterizedTest
  @CsvSource({
    "sd, Stable Diffusion 1.5, StableDiffusionPipeline, unet",
    "xl, SDXL, StableDiffusionXLPipeline, text_encoder_2",
    "flux, FLUX.1 dev, FluxPipeline, transformer",
    "sd3, Stable Diffusion 3.5 medium, StableDiffusion3Pipeline, text_encoder_3"
  })
  void singleFilesShowWhatTheyWereRecognisedAs(
      String name, String kind, String pipeline, String component) throws IOException {
    TinyModel.unpackSingleFiles(folder);
    Path file = folder.resolve(name + ".safetensors");
    CommandRun run = CommandRun.of("inspect", file);

    assertThat(run.err()).isEmpty();
    assertThat(run.out())
        .containsPattern("(?m)^kind +" + kind + "$")
        .containsPattern("(?m)^pipeline +" + pipeline + "$")
        .containsPattern("(?m)^" + component + " +\\S+ +[\\d,]+ +\\S+ KiB +F(16|32)$")
        .containsPattern("(?m)^vae +AutoencoderKL +[\\d,]+ ");
    JsonNode json =
        new ObjectMapper().readTree(CommandRun.of("inspect", file, "--format", "json").out());
    assertThat(json.get("kind").asText()).isEqualTo(kind);
    assertThat(json.get("file_bytes").asLong()).isLessThan(Files.size(file)).isPositive();
    JsonNode parts = json.get("components");
    for (JsonNode part : parts) {
      assertThat(part.get("missing").asBoolean())
          .isEqualTo(
              part.get("name")
                  .asText()
                  .equals(name.equals("flux") ? "tokenizer_2" : "tokenizer_3"));
    }
  }

  @Test
  void aT5ThatIsLeftOutIsNotMissing() {
    TinyModel.unpackSingleFiles(folder);
    Path file = folder.resolve("sd3.safetensors");
    CommandRun run = CommandRun.of("inspect", file, "--t5xxl", "none");
    assertThat(run.code()).as(run.err()).isEqualTo(ExitCode.OK);
    assertThat(run.out()).doesNotContain("text_encoder_3", "missing");
  }

  @ParameterizedTest
  @CsvSource({"sd, Stable Diffusion", "sdxl, SDXL", "playground, Playground v2.5", "lcm, LCM-SDXL"})
  void foldersShowWhichModelOfTheirFamilyTheyAre(String kind, String family) throws IOException {
    Path diffusion = TinyModel.createDiffusion(folder.resolve(kind), kind);

    showsFamily(diffusion, family, "unet");
  }

  @Test
  void foldersOfFluxShowWhetherTheyAreDevOrSchnell() {
    showsFamily(model, "FLUX.1 dev", "transformer");
    TinyModel.copy(TinyModel.GOLDEN.resolve("flux-tiny-schnell"), model);
    showsFamily(model, "FLUX.1 schnell", "transformer");
  }

  private static void showsFamily(Path model, String family, String denoiser) {
    CommandRun run = CommandRun.of("inspect", model);

    assertThat(run.err()).isEmpty();
    assertThat(run.out())
        .containsPattern("(?m)^kind +diffusers folder$")
        .containsPattern("(?m)^family +" + family + "$")
        .containsPattern("(?m)^" + denoiser + " +\\S+ +[\\d,]+ +\\S+ KiB +F32$");
  }

  @ParameterizedTest
  @CsvSource({
    "flux-kohya, FLUX.1",
    "flux-peft, FLUX.1",
    "sd-kohya, a UNet with texts of width 12",
    "xl-kohya, a UNet with texts of width 20",
    "sd-old, a UNet with texts of width 12"
  })
  void lorasSayWhatTheyAreFor(String name, String architecture) {
    CommandRun run =
        CommandRun.of("inspect", TinyModel.GOLDEN.resolve("lora/" + name + ".safetensors"));

    assertThat(run.err()).isEmpty();
    assertThat(run.out())
        .containsPattern("(?m)^kind +LoRA for " + architecture + ", \\d+ layers of rank [\\d, ]+$");
  }

  @ParameterizedTest
  @CsvSource({
    "transformer, FluxTransformer2DModel",
    "text_encoder, CLIPTextModel",
    "vae, AutoencoderKL",
    "upsampler, LatentUpSampler"
  })
  void componentsSayTheirClass(String name, String type) {
    CommandRun run = CommandRun.of("inspect", model.resolve(name));

    assertThat(run.err()).isEmpty();
    assertThat(run.out()).containsPattern("(?m)^" + name + " +" + type + " +[\\d,]+ ");
  }

  @Test
  void componentsThatAreMissingOrNotUsedAreShownAsSuch() throws IOException {
    Path index = model.resolve("model_index.json");
    String checker = "{\"safety_checker\": [\"x\", \"StableDiffusionSafetyChecker\"],";
    Files.writeString(index, Files.readString(index).replaceFirst("\\{", checker));
    Files.move(model.resolve("text_encoder_2"), folder.resolve("elsewhere"));
    CommandRun run = CommandRun.of("inspect", model);

    assertThat(run.err()).isEmpty();
    assertThat(run.out())
        .containsPattern("(?m)^safety_checker +StableDiffusionSafetyChecker +0 .*not used$")
        .containsPattern("(?m)^text_encoder_2 +T5EncoderModel +0 .*missing$");
  }

  @Test
  void partsFromElsewhereAndVariantsAreLookedAt() throws IOException {
    Path half = folder.resolve("half");
    TinyModel.copy(model.resolve("vae"), half.resolve("vae"));
    Path vae = model.resolve("vae/diffusion_pytorch_model.safetensors");
    Files.move(vae, vae.resolveSibling("other"));
    CommandRun lacking = CommandRun.of("inspect", model);
    assertThat(lacking.code()).isEqualTo(ExitCode.MODEL);
    CommandRun replaced = CommandRun.of("inspect", model, "--vae", half.resolve("vae"));
    assertThat(replaced.err()).isEmpty();
    assertThat(replaced.out()).containsPattern("(?m)^vae +AutoencoderKL +[1-9]");

    Path weights = half.resolve("vae/diffusion_pytorch_model.safetensors");
    Files.copy(weights, weights.resolveSibling("diffusion_pytorch_model.fp16.safetensors"));
    Files.move(weights, weights.resolveSibling("diffusion_pytorch_model.bf16.safetensors"));
    assertThat(CommandRun.of("inspect", half.resolve("vae")).code()).isEqualTo(ExitCode.MODEL);
    CommandRun chosen = CommandRun.of("inspect", half.resolve("vae"), "--variant", "fp16");
    assertThat(chosen.code()).as(chosen.err()).isEqualTo(ExitCode.OK);

    CommandRun component =
        CommandRun.of("inspect", model.resolve("transformer"), "--vae", vae.getParent());
    assertThat(component.code()).isEqualTo(ExitCode.USAGE);
    assertThat(component.err()).contains("want a whole model", "a component");
    Path lora = TinyModel.GOLDEN.resolve("lora/flux-peft.safetensors");
    CommandRun file = CommandRun.of("inspect", lora, "--components", model);
    assertThat(file.code()).isEqualTo(ExitCode.USAGE);
    CommandRun variant = CommandRun.of("inspect", lora, "--variant", "fp16");
    assertThat(variant.code()).isEqualTo(ExitCode.USAGE);
    assertThat(variant.err()).contains("is one file", "'fp16'");
  }

  @Test
  void filesThatAreNoModelsSayWhatTheyAre() {
    CommandRun vae =
        CommandRun.of("inspect", model.resolve("vae/diffusion_pytorch_model.safetensors"));
    assertThat(vae.code()).isEqualTo(ExitCode.OK);
    assertThat(vae.out()).contains("no model: an autoencoder alone");
  }

  @Test
  void familyThatIsNotSupportedIsShownAllTheSame() throws IOException {
    Path index = model.resolve("model_index.json");
    Files.writeString(index, Files.readString(index).replace("FluxPipeline", "AuraFlowPipeline"));
    CommandRun run = CommandRun.of("inspect", model);

    assertThat(run.code()).isEqualTo(ExitCode.OK);
    assertThat(run.out()).contains("AuraFlowPipeline", "not supported");
  }

  @Test
  void whatIsDamagedOrMissingIsAnErrorOfOneLine() throws IOException {
    CommandRun missing = CommandRun.of("inspect", folder.resolve("none"));
    assertThat(missing.code()).isEqualTo(ExitCode.MODEL);
    assertThat(missing.err()).matches("lssgen: \\V*none\\V*\\R");

    Files.writeString(model.resolve("vae/diffusion_pytorch_model.safetensors"), "x");
    CommandRun damaged = CommandRun.of("inspect", model);
    assertThat(damaged.code()).isEqualTo(ExitCode.MODEL);
    assertThat(damaged.err()).matches("lssgen: \\V*vae\\V*\\R");
  }
}
