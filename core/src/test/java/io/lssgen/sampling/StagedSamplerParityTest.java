package io.lssgen.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.lssgen.model.Conditioning;
import io.lssgen.model.GoldenTensors;
import io.lssgen.scaling.LatentScaler;
import io.lssgen.scaling.ScalingSpace;
import io.lssgen.tensor.GradMode;
import io.lssgen.tensor.NormalSource;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whole runs of the tiny models, prompt to latents, in fp32: staged ones against
 * tools/golden/lssgen_reference.py, plain ones against diffusers' FluxPipeline
 * (tools/golden/flux_pipelines.py). Max absolute error 1e-4.
 */
class StagedSamplerParityTest {
  private static final double TOLERANCE = 1e-4;

  static Stream<JsonNode> staged() {
    return StreamSupport.stream(Goldens.json("lssgen/cases.json").spliterator(), false);
  }

  static Stream<JsonNode> plain() {
    return StreamSupport.stream(Goldens.json("flux-pipeline/cases.json").spliterator(), false);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("staged")
  void stagedRunsEqualTheReference(JsonNode request) {
    try (GradMode off = GradMode.disabled();
        TensorScope scope = TensorScope.open();
        NoiseSource source = noise(request);
        TinyFlux flux = new TinyFlux(request.get("model").asText())) {
      GoldenTensors golden =
          GoldenTensors.read("lssgen/" + request.get("name").asText() + ".safetensors");
      StagePlan plan = Goldens.plan(request, flux.scheduler());
      ScalingSpace space = ScalingSpace.parse(request.get("scaling").asText());
      LatentScaler inner = space.scaler(flux.scalingParts());
      List<Tensor> scaled = new ArrayList<>();
      LatentScaler recording =
          (latents, noise) -> {
            Tensor doubled = inner.scale(latents, noise);
            scaled.add(doubled.copy().release());
            return doubled;
          };

      List<Tensor> clean = sample(flux, plan, recording, request, source);

      assertThat(clean).hasSize(request.get("stages").size());
      for (int i = 0; i < clean.size(); i++) {
        assertClose(clean.get(i), golden.tensor("stage" + i));
      }
      for (int i = 0; i < scaled.size(); i++) {
        try (Tensor doubled = scaled.get(i)) {
          assertClose(doubled, golden.tensor("scaled" + (i + 1)));
        }
      }
      assertThat(scaled).hasSize(clean.size() - 1);
      assertClose(clean.get(clean.size() - 1), golden.tensor("final"));
      if (golden.has("image")) {
        assertClose(flux.codec().decode(clean.get(clean.size() - 1)), golden.tensor("image"));
      }
      assertThat(scope).isNotNull();
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("plain")
  void plainRunsEqualDiffusers(JsonNode request) {
    try (GradMode off = GradMode.disabled();
        TensorScope scope = TensorScope.open();
        NoiseSource source = noise(request);
        TinyFlux flux = new TinyFlux(request.get("model").asText())) {
      GoldenTensors golden =
          GoldenTensors.read("flux-pipeline/" + request.get("name").asText() + ".safetensors");
      StagePlan plan =
          new StagePlanner(flux.scheduler(), 8, 2)
              .plan(
                  request.get("width").asInt(),
                  request.get("height").asInt(),
                  request.get("steps").asInt(),
                  StageOptions.flux().plain());
      LatentScaler none = ScalingSpace.NONE.scaler(flux.scalingParts());

      List<Tensor> clean = sample(flux, plan, none, request, source);

      assertThat(clean).hasSize(1);
      assertClose(clean.get(0), golden.tensor("final"));
      assertClose(flux.codec().decode(clean.get(0)), golden.tensor("image"));
      assertThat(scope).isNotNull();
    }
  }

  private static List<Tensor> sample(
      TinyFlux flux, StagePlan plan, LatentScaler scaler, JsonNode request, NormalSource noise) {
    List<String> prompts = texts(request.get("prompts"));
    Guidance guidance =
        new Guidance(
            request.get("guidance").asDouble(), request.path("true_cfg_scale").asDouble(1), 0);
    Conditioning negative =
        guidance.usesNegative() ? TinyFlux.encode(texts(request.get("negative_prompts"))) : null;
    Predictor predictor = guidance.predictor(flux.denoiser(), TinyFlux.encode(prompts), negative);
    return new StagedSampler(flux.scheduler(), scaler, ProgressListener.NONE, new Cancellation())
        .sample(plan, prompts.size(), TinyFlux.CHANNELS, stage -> predictor, noise);
  }

  private static NoiseSource noise(JsonNode request) {
    long seed = request.get("seed").asLong();
    return request.path("one_generator").asBoolean()
        ? NoiseSource.shared(seed)
        : NoiseSource.perImage(seed, request.get("prompts").size());
  }

  private static List<String> texts(JsonNode node) {
    List<String> texts = new ArrayList<>();
    node.forEach(text -> texts.add(text.asText()));
    return texts;
  }

  private static void assertClose(Tensor found, Tensor wanted) {
    assertThat(GoldenTensors.maxError(found, wanted)).isLessThanOrEqualTo(TOLERANCE);
  }
}
