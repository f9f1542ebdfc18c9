package io.lssgen.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.lssgen.model.GoldenTensors;
import io.lssgen.scaling.ScalingSpace;
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
 * Prompt to picture with the diffusion families, plain and staged, against diffusers' pipelines and
 * its components (tools/golden/diffusion_pipelines.py): latents within 1e-4 of their largest
 * magnitude in fp32, colours within one level of 255.
 */
class DiffusionParityTest {
  @TempDir static Path folder;

  private static final Map<String, TextToImage> MODELS = new HashMap<>();

  @BeforeAll
  static void openModels() throws IOException {
    TorchRuntime.threads(1); // tiny tensors: more threads only wait for each other
    for (String kind : new String[] {"sd", "sdxl", "playground", "lcm"}) {
      Path model = TinyModels.createDiffusion(folder.resolve(kind), kind);
      Files.writeString(
          model.resolve(ModelDefaults.FILE), "{\"base_width\": 64, \"base_height\": 64}");
      MODELS.put(kind, PipelineLoader.of(model).load());
    }
    MODELS.put("sd in tiles", PipelineLoader.of(folder.resolve("sd")).tiling(true).load());
  }

  @AfterAll
  static void closeModels() {
    MODELS.values().forEach(TextToImage::close);
    MODELS.clear();
  }

  static Stream<JsonNode> plain() throws IOException {
    return PipelineGoldens.cases("diffusion-pipelines/cases.json");
  }

  static Stream<JsonNode> staged() throws IOException {
    return PipelineGoldens.cases("diffusion-lssgen/cases.json");
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("plain")
  void plainRunsEqualDiffusers(JsonNode wanted) {
    GenerationResult result =
        model(wanted).generate(PipelineGoldens.request(wanted).plain(true).build());

    assertThat(result.stageLatents()).hasSize(1);
    assertLatents(result, "diffusion-pipelines/" + wanted.get("name").asText());
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("staged")
  void stagedRunsEqualTheReference(JsonNode wanted) {
    GenerationResult result =
        model(wanted)
            .generate(
                PipelineGoldens.request(wanted)
                    .minSize(wanted.get("min_size").asInt())
                    .startSigma(wanted.get("start_sigma").asDouble())
                    .shorten(wanted.get("shorten").asBoolean())
                    .scaling(ScalingSpace.parse(wanted.get("scaling").asText()))
                    .build());

    assertThat(result.stageLatents()).hasSizeGreaterThan(1);
    assertLatents(result, "diffusion-lssgen/" + wanted.get("name").asText());
  }

  private static TextToImage model(JsonNode wanted) {
    return MODELS.get(wanted.get("model").asText() + (wanted.has("tiles") ? " in tiles" : ""));
  }

  private static void assertLatents(GenerationResult result, String name) {
    try (TensorScope scope = TensorScope.open()) {
      assertThat(scope).isNotNull();
      GoldenTensors golden = GoldenTensors.read(name + ".safetensors");
      int stages = result.stageLatents().size();
      for (int i = 0; i < stages - 1; i++) {
        PipelineGoldens.assertClose(result.stageLatents().get(i), golden.tensor("stage" + i));
      }
      PipelineGoldens.assertClose(result.stageLatents().get(stages - 1), golden.tensor("final"));
      if (golden.has("image_uint8")) {
        PipelineGoldens.assertPicture(
            result.images().get(0).rgb(), golden.tensor("image_uint8").toByteArray());
      }
    }
  }
}
