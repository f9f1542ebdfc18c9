package io.lssgen.train;

import static io.lssgen.model.GoldenTensors.ROOT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lssgen.model.GoldenTensors;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.Rng;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Against diffusers (tools/golden/flow_training.py): the loss and gradients' norms 1e-3 relative,
 * levels, mixture and target 1e-6.
 */
class FlowTrainingParityTest {
  private static final long SEED = 7;

  private final GoldenTensors golden = GoldenTensors.read("flow-training/step.safetensors");
  private final List<AutoCloseable> resources = new ArrayList<>();
  private TensorScope scope;
  private JsonNode stated;
  private RectifiedFlow flow;

  @BeforeEach
  void make() throws IOException {
    scope = TensorScope.open();
    stated = new ObjectMapper().readTree(ROOT.resolve("flow-training/case.json").toFile());
    flow = new RectifiedFlow(stated.get("logit_mean").asDouble());
  }

  @AfterEach
  void close() throws Exception {
    scope.close();
    TinyTrainees.close(resources);
  }

  @Test
  void mixtureAndTargetEqualDiffusers() {
    try (Rng rng = new Rng(SEED)) {
      NoiseProcess.Noised noised = flow.apply(golden.tensor("clean"), rng);
      assertThat(GoldenTensors.maxError(noised.times(), golden.tensor("sigmas"))).isLessThan(1e-6);
      assertThat(GoldenTensors.maxError(noised.latents(), golden.tensor("noisy"))).isLessThan(1e-6);
      assertThat(GoldenTensors.maxError(noised.target(), golden.tensor("target"))).isLessThan(1e-6);
      assertThat(noised.weights()).isNull();
    }
  }

  /** As diffusers' scheduler shifts them by 2, which adds ln 2 to their logits. */
  @Test
  void aSizeMayHaveAMeanOfItsOwn() {
    Tensor clean = golden.tensor("clean");
    Map<Long, Double> means = Map.of(24L, flow.logitMean() + Math.log(2), 96L, 7.0);
    try (Rng rng = new Rng(SEED)) {
      Tensor sigmas = new RectifiedFlow(flow.logitMean(), means).apply(clean, rng).times();
      assertThat(GoldenTensors.maxError(sigmas, golden.tensor("shifted"))).isLessThan(1e-6);
    }
  }

  /** Through the transformer and both text encoders. */
  @Test
  void lossAndGradientsEqualDiffusers() {
    assertStep(new DataObjective(flow, Telling.ALL), "loss", GradientNorms.PREFIX);
  }

  @Test
  void lossAndGradientsWithModelGuidanceEqualDiffusers() {
    Objective guided = new ModelGuidance(flow, Telling.ALL, new ScaleRange(1, 3));
    assertStep(guided, "guided_loss", "guided." + GradientNorms.PREFIX);
  }

  private void assertStep(Objective objective, String loss, String norms) {
    FluxDenoiserFamily family = TinyTrainees.flux();
    TrainableParameters parameters = TinyTrainees.fluxWeights(family, resources);
    List<String> captions = new ArrayList<>();
    stated.get("captions").forEach(caption -> captions.add(caption.asText()));
    try (DenoiserModel model = family.model(Parameters.of(parameters));
        Rng rng = new Rng(SEED)) {
      Objective.Pictures pictures = new Objective.Pictures(golden.tensor("clean"), captions);
      Tensor found = objective.loss(model, pictures, rng).total();
      assertThat(found.item()).isCloseTo(stated.get(loss).asDouble(), GradientNorms.TOLERANCE);
      found.backward();
    }
    GradientNorms.assertEqual(parameters, golden, norms);
  }

  /** Of many levels: logit-normal around the mean, with deviation 1. */
  @Test
  void levelsAreLogitNormal() {
    int count = 20_000;
    try (Rng rng = new Rng(SEED)) {
      Tensor sigmas = new RectifiedFlow(1.5).apply(rng.randn(count, 1, 1, 1), rng).times();
      double sum = 0;
      double squares = 0;
      for (float sigma : sigmas.toFloatArray()) {
        double logit = Math.log(sigma / (1.0 - sigma));
        sum += logit;
        squares += logit * logit;
      }
      double mean = sum / count;
      assertThat(mean).isCloseTo(1.5, within(0.03));
      assertThat(Math.sqrt(squares / count - mean * mean)).isCloseTo(1, within(0.03));
    }
  }
}
