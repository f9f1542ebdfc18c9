package io.lssgen.model.flux;

import static io.lssgen.model.GoldenTensors.ROOT;
import static io.lssgen.model.GoldenTensors.maxError;
import static org.assertj.core.api.Assertions.assertThat;

import io.lssgen.model.Conditioning;
import io.lssgen.model.GoldenTensors;
import io.lssgen.model.ImageModel;
import io.lssgen.model.LoadOptions;
import io.lssgen.model.ModelFamilies;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Rng;
import io.lssgen.tensor.ScopePerTest;
import io.lssgen.tensor.Tensor;
import io.lssgen.weights.ModelConfig;
import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A loaded folder against diffusers and transformers (tools/golden/flux_components.py): what the
 * parts give in the space in which they meet; max abs error 1e-4.
 */
@ExtendWith(ScopePerTest.class)
class FluxFamilyParityTest {
  private static final double TOLERANCE = 1e-4;
  private static ImageModel model;

  @BeforeAll
  static void load() {
    model = ModelFamilies.load(ROOT.resolve("flux-tiny"), LoadOptions.of(DType.F32));
  }

  @AfterAll
  static void free() {
    model.close();
  }

  @Test
  void prompts() {
    ModelConfig cases = ModelConfig.read(ROOT.resolve("flux/prompts.json"));
    List<String> prompts =
        List.of(
            cases.fields().path("prompts").path(0).asText(),
            cases.fields().path("prompts").path(1).asText());
    GoldenTensors golden = GoldenTensors.read("flux/text.safetensors");
    Conditioning text = model.prompts().encode(prompts);

    assertThat(maxError(text.states(), golden.tensor("prompt_embeds"))).isLessThan(TOLERANCE);
    assertThat(text.pooled()).isNotNull();
    assertThat(maxError(text.pooled(), golden.tensor("pooled_prompt_embeds")))
        .isLessThan(TOLERANCE);
  }

  @Test
  void latents() {
    GoldenTensors golden = GoldenTensors.read("flux/vae.safetensors");
    try (Rng rng = new Rng(7)) {
      Tensor decoded = model.codec().decode(golden.tensor("latents"));
      Tensor sampled = model.codec().sample(golden.tensor("image"), rng::randn);

      assertThat(maxError(decoded, golden.tensor("decoded_from_denoiser_space")))
          .isLessThan(TOLERANCE);
      assertThat(maxError(sampled, golden.tensor("sample_seed7_denoiser_space")))
          .isLessThan(TOLERANCE);
    }
  }

  @Test
  void velocity() {
    GoldenTensors golden = GoldenTensors.read("flux/transformer-dev.safetensors");
    Tensor expected = golden.tensor("output_latents");
    float[] sigmas = golden.tensor("timestep").toFloatArray();
    float[] guidance = golden.tensor("guidance").toFloatArray();
    for (int i = 0; i < 2; i++) { // a request has one time and one scale for all its pictures
      Conditioning text =
          new Conditioning(
              golden.tensor("encoder_hidden_states").narrow(0, i, 1),
              golden.tensor("pooled_projections").narrow(0, i, 1));
      Tensor velocity =
          model
              .denoiser()
              .predict(
                  golden.tensor("latents").narrow(0, i, 1),
                  sigmas[i] * 1000,
                  text,
                  OptionalDouble.of(guidance[i]));

      assertThat(maxError(velocity, expected.narrow(0, i, 1))).isLessThan(TOLERANCE);
    }
  }
}
