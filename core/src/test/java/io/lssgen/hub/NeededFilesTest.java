package io.lssgen.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.errors.ModelException;
import io.lssgen.model.ModelFamilies;
import io.lssgen.model.ModelIndex;
import io.lssgen.model.ModelParts;
import io.lssgen.weights.ModelConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Repositories as they are published. */
class NeededFilesTest {
  private static final Path ORIGIN = PublishedModels.ORIGIN;

  private static NeededFiles of(PublishedModels model, List<String> files) {
    return NeededFiles.ofPipeline(model.read(), files, WantedWeights.ALL);
  }

  /** Of a pipeline that no family knows. */
  private static NeededFiles of(Map<String, String> components, String... files) {
    String fields =
        components.entrySet().stream()
            .map(
                each -> ", \"%s\": [\"library\", \"%s\"]".formatted(each.getKey(), each.getValue()))
            .collect(Collectors.joining());
    ModelConfig config =
        ModelConfig.parse("model_index.json", "{\"_class_name\": \"P\"" + fields + "}");
    return NeededFiles.ofPipeline(ModelIndex.of(ORIGIN, config), List.of(files), WantedWeights.ALL);
  }

  @Test
  void stableDiffusionHasManyVariantsOfItsWeightsAndAChecker() {
    NeededFiles needed =
        of(PublishedModels.STABLE_DIFFUSION, PublishedModels.STABLE_DIFFUSION.files());
    assertThat(needed.lacking()).isEmpty();
    assertThat(needed.weights())
        .containsExactlyInAnyOrder(
            "unet/diffusion_pytorch_model.safetensors",
            "vae/diffusion_pytorch_model.safetensors",
            "text_encoder/model.safetensors");
    assertThat(needed.small())
        .containsExactly(
            "scheduler/scheduler_config.json",
            "text_encoder/config.json",
            "tokenizer/merges.txt",
            "tokenizer/special_tokens_map.json",
            "tokenizer/tokenizer_config.json",
            "tokenizer/vocab.json",
            "unet/config.json",
            "vae/config.json",
            "model_index.json");
  }

  @Test
  void checkerThatIsAPickleOrNotThereIsNotAskedFor() {
    List<String> files = PublishedModels.STABLE_DIFFUSION.files();
    files.removeIf(name -> name.startsWith("safety_checker/") && name.endsWith(".safetensors"));
    assertThat(of(PublishedModels.STABLE_DIFFUSION, files).lacking()).isEmpty();
    files.removeIf(name -> name.startsWith("safety_checker/") || name.startsWith("feature_"));
    assertThat(of(PublishedModels.STABLE_DIFFUSION, files).lacking()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void everyPublishedModelIsCompleteAndNotWithoutAnyOfItsParts(PublishedModels model) {
    NeededFiles needed = of(model, model.files());
    assertThat(needed.lacking()).isEmpty();
    // One set of weights each for the denoiser, the autoencoder and the text encoders.
    int encoders =
        switch (model) {
          case STABLE_DIFFUSION -> 1;
          case SD3 -> 3;
          default -> 2;
        };
    assertThat(needed.weights().size() + needed.indices().size()).isEqualTo(2 + encoders);
    assertThat(needed.weights()).allMatch(name -> name.contains("/"));

    ModelIndex index = model.read();
    ModelFamilies.of(index)
        .components(index)
        .forEach(
            component -> {
              List<String> files = model.files();
              files.removeIf(name -> name.startsWith(component.name() + "/"));
              assertThat(of(model, files).lacking())
                  .isNotEmpty()
                  .allMatch(lacking -> lacking.startsWith(component.name() + "/"));
            });
  }

  /** By its name, or as T5, which is left out or comes from elsewhere. */
  @ParameterizedTest
  @ValueSource(strings = {"text_encoder_3", ModelParts.T5})
  void ofAT5ThatComesFromElsewhereNoWeightsAreNeeded(String name) {
    NeededFiles needed =
        NeededFiles.ofPipeline(
            PublishedModels.SD3.read(),
            PublishedModels.SD3.files(),
            WantedWeights.elsewhere(Set.of(name)));
    assertThat(needed.lacking()).isEmpty();
    assertThat(needed.weights())
        .noneMatch(file -> file.startsWith("text_encoder_3/"))
        .anyMatch(file -> file.startsWith("text_encoder_2/"));
    assertThat(needed.indices()).noneMatch(file -> file.startsWith("text_encoder_3/"));
  }

  @Test
  void indexThatDoesNotNameWhatIsReadIsRefused() {
    ModelConfig config =
        ModelConfig.parse(
            "model_index.json", PublishedModels.FLUX.index.replace("\"vae\"", "\"other\""));
    assertThatThrownBy(
            () ->
                NeededFiles.ofPipeline(
                    ModelIndex.of(ORIGIN, config), PublishedModels.FLUX.files(), WantedWeights.ALL))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("names no component 'vae', wanted a AutoencoderKL");
  }

  @Test
  void onlyVariantThereIsIsTaken() {
    NeededFiles needed =
        of(
            Map.of("unet", "UNet2DConditionModel"),
            "model_index.json",
            "unet/config.json",
            "unet/diffusion_pytorch_model.fp16.safetensors");
    assertThat(needed.weights()).containsExactly("unet/diffusion_pytorch_model.fp16.safetensors");
    assertThat(needed.standIns()).containsExactly("unet/diffusion_pytorch_model.safetensors");
  }

  @Test
  void variantOfEveryComponentIsTakenOrNamed() {
    NeededFiles half =
        NeededFiles.ofPipeline(
            PublishedModels.PLAYGROUND.read(),
            PublishedModels.PLAYGROUND.files(),
            WantedWeights.variant("fp16"));
    assertThat(half.lacking()).isEmpty();
    assertThat(half.indices()).isEmpty();
    assertThat(half.standIns()).isEmpty();
    assertThat(half.weights()).hasSize(4).allMatch(name -> name.endsWith(".fp16.safetensors"));

    NeededFiles unet =
        NeededFiles.ofPipeline(
            PublishedModels.STABLE_DIFFUSION.read(),
            PublishedModels.STABLE_DIFFUSION.files(),
            WantedWeights.variant("non_ema"));
    assertThat(unet.weights()).containsExactly("unet/diffusion_pytorch_model.non_ema.safetensors");
    assertThat(unet.lacking())
        .containsExactly(
            "text_encoder/*.non_ema.safetensors (there is model.safetensors)",
            "vae/*.non_ema.safetensors (there is diffusion_pytorch_model.safetensors)");
  }

  @Test
  void componentsThatComeFromElsewhereNeedNoWeights() {
    NeededFiles needed =
        NeededFiles.ofPipeline(
            PublishedModels.FLUX.read(),
            PublishedModels.FLUX.files(),
            WantedWeights.elsewhere(Set.of("transformer")));
    assertThat(needed.lacking()).isEmpty();
    assertThat(needed.indices()).containsExactly("text_encoder_2/model.safetensors.index.json");
    assertThat(needed.small()).contains("transformer/config.json");
  }

  @Test
  void indexOfShardsIsTakenInsteadOfThem() {
    NeededFiles needed =
        of(
            Map.of("text_encoder_2", "T5EncoderModel"),
            "model_index.json",
            "text_encoder_2/config.json",
            "text_encoder_2/model-00001-of-00002.safetensors",
            "text_encoder_2/model-00002-of-00002.safetensors",
            "text_encoder_2/model.safetensors.index.json",
            "text_encoder_2/pytorch_model.bin.index.json");
    assertThat(needed.weights()).isEmpty();
    assertThat(needed.indices()).containsExactly("text_encoder_2/model.safetensors.index.json");
    assertThat(needed.small()).containsAll(needed.indices()).hasSize(3);
  }

  @Test
  void upsamplerAndLoraOfOursComeAlong() {
    NeededFiles needed =
        of(
            Map.of(),
            "model_index.json",
            "lssgen.json",
            "pytorch_lora_weights.safetensors",
            "upsampler/config.json",
            "upsampler/diffusion_pytorch_model.safetensors");
    assertThat(needed.weights())
        .containsExactly(
            "upsampler/diffusion_pytorch_model.safetensors", "pytorch_lora_weights.safetensors");
    assertThat(needed.small())
        .containsExactly("lssgen.json", "upsampler/config.json", "model_index.json");
  }

  @Test
  void everythingThatIsLackingIsNamed() {
    NeededFiles needed =
        of(
            Map.of(
                "unet", "UNet2DConditionModel",
                "vae", "AutoencoderKL",
                "scheduler", "PNDMScheduler",
                "tokenizer", "CLIPTokenizer",
                "feature_extractor", "CLIPFeatureExtractor"),
            "model_index.json",
            "unet/diffusion_pytorch_model.bin",
            "vae/config.json",
            "vae/diffusion_pytorch_model.safetensors",
            "tokenizer/vocab.json");
    assertThat(needed.lacking())
        .satisfiesExactly(
            lacking -> assertThat(lacking).isEqualTo("feature_extractor/"),
            lacking -> assertThat(lacking).isEqualTo("scheduler/scheduler_config.json"),
            lacking -> assertThat(lacking).startsWith("tokenizer/vocab.json with merges.txt"),
            lacking -> assertThat(lacking).isEqualTo("unet/config.json"),
            lacking -> assertThat(lacking).startsWith("unet/*.safetensors (there is a pickle"));
  }

  @Test
  void weightsThatCannotBeChosenAreLacking() {
    NeededFiles needed =
        of(
            Map.of("vae", "AutoencoderKL"),
            "model_index.json",
            "vae/config.json",
            "vae/diffusion_pytorch_model.bf16.safetensors",
            "vae/diffusion_pytorch_model.fp16.safetensors");
    assertThat(needed.lacking())
        .singleElement()
        .asString()
        .contains("which of diffusion_pytorch_model.bf16.safetensors and", "name a variant");
  }
}
