package io.lssgen.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.lssgen.image.RgbImage;
import io.lssgen.model.GoldenTensors;
import io.lssgen.scaling.ScalingSpace;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.TorchRuntime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Prompt to picture through the facade, against diffusers' FluxPipeline
 * (tools/golden/flux_pipelines.py) and the reference of latent space scaling
 * (tools/golden/lssgen_reference.py): latents within 1e-4 in fp32, colours within one level of 255.
 */
class TextToImageParityTest {
  private static final double TOLERANCE = 1e-4;

  @TempDir static Path folder;

  private static final Map<String, TextToImage> MODELS = new HashMap<>();

  @BeforeAll
  static void openModels() throws IOException {
    TorchRuntime.threads(1); // tiny tensors: more threads only wait for each other
    for (String kind : new String[] {"dev", "schnell"}) {
      Path model = TinyModels.create(folder.resolve(kind), kind);
      // The base size of the golden plans is another one where the case says so.
      MODELS.put(kind, PipelineLoader.of(model).load());
      Path small = TinyModels.create(folder.resolve(kind + "-small"), kind);
      Files.writeString(
          small.resolve(ModelDefaults.FILE), "{\"base_width\": 128, \"base_height\": 64}");
      MODELS.put(kind + "-small", PipelineLoader.of(small).load());
    }
  }

  @AfterAll
  static void closeModels() {
    MODELS.values().forEach(TextToImage::close);
    MODELS.clear();
  }

  static Stream<JsonNode> staged() throws IOException {
    return PipelineGoldens.cases("lssgen/cases.json")
        // One generator for several pictures is not what a request means.
        .filter(request -> !request.path("one_generator").asBoolean());
  }

  static Stream<JsonNode> plain() throws IOException {
    return PipelineGoldens.cases("flux-pipeline/cases.json");
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("staged")
  void stagedRunsEqualTheReference(JsonNode wanted) {
    boolean small = wanted.get("base").get(0).asInt() == 128;
    TextToImage model = MODELS.get(wanted.get("model").asText() + (small ? "-small" : ""));
    for (int i = 0; i < wanted.get("prompts").size(); i++) {
      GenerationResult result =
          model.generate(
              builder(wanted, i)
                  .minSize(wanted.get("min_size").asInt())
                  .startSigma(wanted.get("start_sigma").asDouble())
                  .shorten(wanted.get("shorten").asBoolean())
                  .scaling(ScalingSpace.parse(wanted.get("scaling").asText()))
                  .build());

      assertLatents(result, "lssgen/" + wanted.get("name").asText(), i);
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("plain")
  void plainRunsEqualDiffusers(JsonNode wanted) {
    TextToImage model = MODELS.get(wanted.get("model").asText());
    for (int i = 0; i < wanted.get("prompts").size(); i++) {
      GenerationResult result = model.generate(builder(wanted, i).plain(true).build());

      assertThat(result.plan().stages()).hasSize(1);
      assertLatents(result, "flux-pipeline/" + wanted.get("name").asText(), i);
      assertPicture(result.images().get(0), "flux-pipeline/" + wanted.get("name").asText(), i);
    }
  }

  private static GenerationRequest.Builder builder(JsonNode wanted, int image) {
    GenerationRequest.Builder builder =
        GenerationRequest.builder(wanted.get("prompts").get(image).asText())
            .size(wanted.get("width").asInt(), wanted.get("height").asInt())
            .steps(wanted.get("steps").asInt())
            .guidance(wanted.get("guidance").asDouble())
            .seed(wanted.get("seed").asLong() + image)
            .keepStageLatents(true);
    if (wanted.has("negative_prompts")) {
      builder
          .negativePrompt(wanted.get("negative_prompts").get(image).asText())
          .cfgScale(wanted.get("true_cfg_scale").asDouble());
    }
    return builder;
  }

  private static void assertLatents(GenerationResult result, String name, int image) {
    try (TensorScope scope = TensorScope.open()) {
      GoldenTensors golden = GoldenTensors.read(name + ".safetensors");
      int stages = result.stageLatents().size();
      for (int i = 0; i < stages; i++) {
        if (golden.has("stage" + i)) {
          assertClose(result.stageLatents().get(i), golden.tensor("stage" + i), image);
        }
      }
      assertClose(result.stageLatents().get(stages - 1), golden.tensor("final"), image);
      assertThat(scope).isNotNull();
    }
  }

  private static void assertClose(Latents found, Tensor wanted, int image) {
    assertThat(GoldenTensors.maxError(found.tensor(), wanted.narrow(0, image, 1)))
        .isLessThanOrEqualTo(TOLERANCE);
  }

  private static void assertPicture(RgbImage found, String name, int image) {
    try (TensorScope scope = TensorScope.open()) {
      byte[] wanted =
          GoldenTensors.read(name + ".safetensors")
              .tensor("image_uint8")
              .select(0, image)
              .toByteArray();
      PipelineGoldens.assertPicture(found.rgb(), wanted);
      assertThat(scope).isNotNull();
    }
  }
}
