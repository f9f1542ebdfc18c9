package io.lssgen.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.lssgen.model.Conditioning;
import io.lssgen.nn.Parameters;
import io.lssgen.pipeline.GenerationRequest;
import io.lssgen.pipeline.PipelineLoader;
import io.lssgen.pipeline.TextToImage;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.GradMode;
import io.lssgen.tensor.Rng;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Changes of the tiny SDXL model. What reads LoRA files is held against diffusers elsewhere. */
class LowRankFamilyTest {
  @TempDir Path root;
  private final List<AutoCloseable> resources = new ArrayList<>();
  private TensorScope scope;
  private Path folder;
  private ComponentWeights base;
  private XlDenoiserFamily plain;
  private LowRankFamily family;
  private TrainableParameters parameters;

  @BeforeEach
  void make() {
    folder = TinyTrainees.xlFolder(root);
    scope = TensorScope.open();
    base = new ComponentWeights(folder);
    resources.add(base);
    plain = TinyTrainees.xlFamily(folder, null, 0, DType.F32);
    family = new LowRankFamily(plain, base, 2);
    try (Rng rng = new Rng(1)) {
      parameters = TrainableParameters.fresh(family::ask, rng);
    }
    resources.add(parameters);
  }

  @AfterEach
  void close() throws Exception {
    scope.close();
    TinyTrainees.close(resources);
  }

  private static Tensor said(DenoiserFamily family, Parameters parameters) {
    try (TensorScope inner = TensorScope.open();
        DenoiserModel model = family.model(parameters)) {
      Conditioning text = model.encode(List.of("a red apple"));
      Tensor latents = TinyTrainees.noise(0, 1, 4, 8, 8);
      return inner.keep(model.predict(latents, DiffusionNoise.times(new int[] {500}), text, null));
    }
  }

  private static double distance(Tensor a, Tensor b) {
    return a.sub(b).abs().amax(false, 0, 1, 2, 3).item();
  }

  /** Every factor away from zero. */
  private void disturb() {
    try (GradMode off = GradMode.disabled();
        Rng rng = new Rng(2)) {
      parameters.values().addInPlace(rng.randn(parameters.values().shape()), 0.1);
    }
  }

  @Test
  void freshChangesChangeNothing() {
    Tensor wanted = said(plain, Parameters.of(base));

    assertThat(distance(said(family, Parameters.of(parameters)), wanted)).isZero();
    disturb();
    assertThat(distance(said(family, Parameters.of(parameters)), wanted)).isGreaterThan(1e-2);
  }

  @Test
  void onlyTheDenoisersMatricesAndKernelsChange() {
    assertThat(parameters.layout().entries().keySet())
        .contains(
            "unet.conv_in.lora_A.weight",
            "unet.mid_block.attentions.0.proj_in.lora_B.weight",
            "unet.time_embedding.linear_1.lora_A.weight")
        .allMatch(path -> path.startsWith("unet."))
        .noneMatch(path -> path.contains("norm"));
    assertThat(parameters.layout().entries().get("unet.conv_in.lora_A.weight").shape())
        .containsExactly(2, 4, 3, 3);
  }

  /** All factors but those that a product with zero hides. */
  @Test
  void gradientsReachAllFactors() {
    disturb();
    said(family, Parameters.of(parameters)).square().sum().backward();
    try (FlatParameters gradients =
        new FlatParameters(parameters.layout(), parameters.gradients())) {
      assertThat(gradients.all().values()).allMatch(gradient -> gradient.square().sum().item() > 0);
    }
  }

  /** The exported folder, read as any model with a LoRA of its own, says what was trained. */
  @Test
  void theExportedModelIsTheOneThatWasTrained() throws Exception {
    disturb();
    Path exported = root.resolve("exported");
    try (FlatParameters weights = new FlatParameters(parameters.layout(), parameters.values())) {
      family.export(weights, exported);
    }
    DiffusersFolder.copyFiles(folder.resolve("vae"), exported.resolve("vae"));
    Path settings = exported.resolve("lssgen.json");
    Files.writeString(settings, "{\"lora\": \"%s\"}".formatted(LowRankFamily.FILE));
    byte[] withOwn = picture(exported);
    Files.writeString(settings, "{}");
    byte[] without = picture(exported);

    assertThat(difference(withOwn, without)).isGreaterThan(10);
    Path merged = root.resolve("merged");
    merge(merged);
    assertThat(difference(withOwn, picture(merged))).isLessThanOrEqualTo(1);
  }

  /** The model with weights and changes summed here, as the family sums them. */
  private void merge(Path target) throws Exception {
    TrainableParameters sums = new TrainableParameters(plain::ask);
    resources.add(sums);
    InitialWeights.copy(base, sums);
    try (TensorScope inner = TensorScope.open();
        GradMode off = GradMode.disabled();
        FlatParameters weights = new FlatParameters(sums.layout(), sums.values())) {
      weights
          .all()
          .forEach(
              (path, weight) -> {
                String module = path.replaceFirst("\\.weight$", "");
                if (parameters.has(module + ".lora_B.weight")) {
                  long[] shape = weight.shape();
                  Tensor up = leaf(module + ".lora_B.weight").reshape(shape[0], -1);
                  Tensor down = leaf(module + ".lora_A.weight").reshape(up.size(1), -1);
                  weight.addInPlace(up.matmul(down).reshape(shape), 1);
                }
              });
      plain.export(weights, target);
    }
    DiffusersFolder.copyFiles(folder.resolve("vae"), target.resolve("vae"));
  }

  private Tensor leaf(String path) {
    ParameterLayout.Entry entry = parameters.layout().entries().get(path);
    return parameters.parameter(path, entry.init(), entry.shape());
  }

  private static byte[] picture(Path model) {
    try (TextToImage loaded = PipelineLoader.of(model).load()) {
      GenerationRequest request =
          GenerationRequest.builder("a red apple").size(32, 32).steps(3).seed(4).build();
      return loaded.generate(request).images().get(0).rgb();
    }
  }

  private static int difference(byte[] a, byte[] b) {
    assertThat(a).hasSameSizeAs(b);
    int most = 0;
    for (int i = 0; i < a.length; i++) {
      most = Math.max(most, Math.abs((a[i] & 0xff) - (b[i] & 0xff)));
    }
    return most;
  }
}
