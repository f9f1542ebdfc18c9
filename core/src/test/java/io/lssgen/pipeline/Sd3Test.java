package io.lssgen.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.lssgen.errors.ModelException;
import io.lssgen.errors.UsageException;
import io.lssgen.image.RgbImage;
import io.lssgen.model.Conditioning;
import io.lssgen.model.GoldenTensors;
import io.lssgen.model.ImageModel;
import io.lssgen.model.LatentSpec;
import io.lssgen.model.LoadOptions;
import io.lssgen.model.ModelFamilies;
import io.lssgen.model.ModelIndex;
import io.lssgen.model.ModelParts;
import io.lssgen.scaling.ScalingSpace;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.LiveHandles;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import io.lssgen.tensor.TorchRuntime;
import io.lssgen.weights.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Stable Diffusion 3 from prompt to picture, against diffusers' StableDiffusion3Pipeline and the
 * reference of latent space scaling (tools/golden/sd3.py): latents within 1e-4 of their largest,
 * colours within one level of 255.
 */
class Sd3Test {
  private static final List<String> PROMPTS =
      List.of(
          "a red apple left of a blue book", "Three dogs, and a CAT's hat on a yellow background!");

  @TempDir static Path folder;
  private static final Map<String, Path> FOLDERS = new HashMap<>();

  @BeforeAll
  static void write() throws IOException {
    TorchRuntime.threads(1);
    for (String kind : new String[] {"3", "3.5", "3.5-without"}) {
      FOLDERS.put(kind, TinyModels.createSd3(folder.resolve(kind), kind));
    }
  }

  @AfterAll
  static void clear() {
    FOLDERS.clear();
  }

  static Stream<JsonNode> cases() throws IOException {
    return PipelineGoldens.cases("sd3/cases.json");
  }

  private static Path folderOf(JsonNode wanted) {
    return FOLDERS.get(
        wanted.get("kind").asText() + (wanted.get("t5").asBoolean() ? "" : "-without"));
  }

  private static GenerationRequest request(JsonNode wanted) {
    return PipelineGoldens.request(wanted)
        .plain(wanted.get("plain").asBoolean())
        .minSize(wanted.get("min_size").asInt())
        .startSigma(wanted.get("start_sigma").asDouble())
        .shorten(wanted.get("shorten").asBoolean())
        .scaling(ScalingSpace.parse(wanted.get("scaling").asText()))
        .build();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void runsEqualDiffusers(JsonNode wanted) {
    try (TextToImage model = PipelineLoader.of(folderOf(wanted)).load();
        TensorScope scope = TensorScope.open()) {
      GenerationResult result = model.generate(request(wanted));

      GoldenTensors golden =
          GoldenTensors.read("sd3/" + wanted.get("name").asText() + ".safetensors");
      int stages = result.stageLatents().size();
      assertThat(stages).isEqualTo(wanted.get("plain").asBoolean() ? 1 : (int) count(golden));
      for (int i = 0; i < stages; i++) {
        String name = stages == 1 ? "final" : "stage" + i;
        PipelineGoldens.assertClose(result.stageLatents().get(i), golden.tensor(name));
      }
      RgbImage picture = result.images().get(0);
      PipelineGoldens.assertPicture(
          picture.rgb(), golden.tensor("image_uint8").select(0, 0).toByteArray());
      assertThat(scope).isNotNull();
    }
  }

  private static long count(GoldenTensors golden) {
    return golden.all().keySet().stream().filter(name -> name.startsWith("stage")).count();
  }

  /** diffusers counts the layers that are left out, from the last but one on. */
  @ParameterizedTest
  @CsvSource({"3.5, with, 0", "3.5-without, without, 0", "3.5, skipped, 3"})
  void promptsAreReadAsThere(String kind, String name, int clipSkip) {
    try (ImageModel model = load(kind);
        TensorScope scope = TensorScope.open()) {
      GoldenTensors golden = GoldenTensors.read("sd3/text.safetensors");
      OptionalInt skip = clipSkip == 0 ? OptionalInt.empty() : OptionalInt.of(clipSkip);
      Conditioning text = model.prompts().encode(PROMPTS, skip);

      assertThat(GoldenTensors.maxError(text.states(), golden.tensor(name + ".states")))
          .isLessThan(1e-4);
      assertThat(GoldenTensors.maxError(text.pooled(), golden.tensor(name + ".pooled")))
          .isLessThan(1e-4);
      assertThat(scope).isNotNull();
    }
  }

  private static ImageModel load(String kind) {
    return ModelFamilies.load(FOLDERS.get(kind), LoadOptions.of(DType.F32));
  }

  /** Weights act on CLIP's states; the words that T5 reads are the same. */
  @Test
  void weightsAreNoWordsForT5() {
    try (ImageModel model = load("3.5");
        TensorScope scope = TensorScope.open()) {
      var plain = model.prompts().encode(List.of("a red apple")).states();
      var weighted = model.prompts().encode(List.of("a (red:1.4) apple")).states();
      long clip = 77;
      long t5 = plain.size(1) - clip;
      assertThat(weighted.narrow(1, clip, t5).toFloatArray())
          .isEqualTo(plain.narrow(1, clip, t5).toFloatArray());
      assertThat(GoldenTensors.maxError(weighted.narrow(1, 0, clip), plain.narrow(1, 0, clip)))
          .isGreaterThan(0.01);
      assertThat(model.prompts().plain("a (red:1.4)-[apple], BREAK tree"))
          .isEqualTo("a red-apple, tree");
      assertThat(scope).isNotNull();
    }
  }

  @Test
  void whatItIs() {
    try (ImageModel model = load("3.5")) {
      assertThat(model.family()).isEqualTo("Stable Diffusion 3");
      assertThat(model.latents()).isEqualTo(new LatentSpec(16, 8, 2, 24));
      assertThat(model.defaults().side()).isEqualTo(128);
      assertThat(model.defaults().cfgScale()).isEqualTo(7);
      assertThat(model.denoiser().takesGuidance()).isFalse();
    }
    assertThat(variant("3.5")).isEqualTo("Stable Diffusion 3.5");
    assertThat(variant("3")).isEqualTo("Stable Diffusion 3");
  }

  private static String variant(String kind) {
    ModelIndex index = ModelIndex.read(FOLDERS.get(kind));
    return ModelFamilies.of(index).variant(index);
  }

  @Test
  void withoutT5ThatIsSaid() {
    try (ImageModel with = load("3.5");
        ImageModel without = load("3.5-without")) {
      assertThat(with.prompts().warnings("a red apple")).isEmpty();
      assertThat(without.prompts().warnings("a red apple"))
          .singleElement()
          .asString()
          .contains("loaded without T5 (text_encoder_3)");
      assertThat(with.prompts().tokens("a red apple").limit()).isEqualTo(47);
      assertThat(without.prompts().tokens("a red apple").limit()).isEqualTo(75);
    }
  }

  /** Both prompts are read so, and it is said once. */
  @Test
  void t5MayBeLeftOutOfAModelThatHasIt() {
    GenerationRequest request =
        GenerationRequest.builder("a dog").size(64, 64).steps(2).seed(1).plain(true).build();
    ModelParts without = ModelParts.OWN.leavingOutT5();
    try (TextToImage left = PipelineLoader.of(FOLDERS.get("3.5")).parts(without).load();
        TextToImage never = PipelineLoader.of(FOLDERS.get("3.5-without")).load()) {
      assertThat(left.generate(request).images()).isEqualTo(never.generate(request).images());
      assertThat(left.warnings(left.recipe(request)))
          .singleElement()
          .asString()
          .contains("loaded without T5");
    }
    ModelParts both = without.replace(ModelParts.T5, FOLDERS.get("3.5"));
    assertThatThrownBy(() -> PipelineLoader.of(FOLDERS.get("3.5")).parts(both).load())
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("'text_encoder_3' is left out and named as well");
  }

  @Test
  void aLoraOfT5WantsT5() {
    Path lora = folder.resolve("words.safetensors");
    String layer = "lora_te3_encoder_block_0_layer_0_SelfAttention_q.";
    try (TensorScope scope = TensorScope.open()) {
      SafetensorsWriter.write(
          lora,
          Map.of(
              layer + "lora_down.weight", Tensors.ones(DType.F32, 1, 40),
              layer + "lora_up.weight", Tensors.ones(DType.F32, 32, 1)));
      assertThat(scope).isNotNull();
    }
    GenerationRequest plain =
        GenerationRequest.builder("a dog").size(64, 64).steps(1).seed(1).plain(true).build();
    GenerationRequest changed =
        GenerationRequest.builder("a dog")
            .size(64, 64)
            .steps(1)
            .seed(1)
            .plain(true)
            .lora(lora, 1)
            .build();
    try (TextToImage with = PipelineLoader.of(FOLDERS.get("3.5")).load()) {
      assertThat(with.generate(changed).images()).isNotEqualTo(with.generate(plain).images());
    }
    try (TextToImage without = PipelineLoader.of(FOLDERS.get("3.5-without")).load()) {
      assertThatThrownBy(() -> without.generate(changed))
          .isInstanceOf(ModelException.class)
          .hasMessageContainingAll("words.safetensors changes T5", "loaded without");
    }
  }

  /** An index that names T5 wants it; leaving it out is said in the index. */
  @Test
  void aT5ThatIsNamedMustBeThere() throws IOException {
    Path broken = TinyModels.createSd3(folder.resolve("broken"), "3.5");
    Files.delete(broken.resolve("text_encoder_3/model.safetensors"));
    assertThatThrownBy(() -> PipelineLoader.of(broken).load())
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("text_encoder_3");
  }

  @Test
  void picturesBeyondItsPositionsAreRefusedBeforeTheRun() {
    try (TextToImage model = PipelineLoader.of(FOLDERS.get("3")).load()) {
      GenerationRequest request = GenerationRequest.builder("a dog").size(208, 64).build();
      assertThatThrownBy(() -> model.generate(request))
          .isInstanceOf(UsageException.class)
          .hasMessageContainingAll("up to 192 pixels a side", "208x64");
    }
  }

  @Test
  void aRunLeavesNothingBehind() {
    try (TextToImage model = PipelineLoader.of(FOLDERS.get("3.5")).load()) {
      GenerationRequest request =
          GenerationRequest.builder("a dog").size(64, 64).steps(2).minSize(32).build();
      model.generate(request);
      long before = LiveHandles.settled();
      model.generate(request);
      assertThat(LiveHandles.settled()).isEqualTo(before);
    }
  }
}
