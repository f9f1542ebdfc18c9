package io.lssgen.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lssgen.errors.ModelException;
import io.lssgen.errors.UsageException;
import io.lssgen.image.RgbImage;
import io.lssgen.model.GoldenSingleFiles;
import io.lssgen.model.ModelParts;
import io.lssgen.scaling.ScalingSpace;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import io.lssgen.tensor.TorchRuntime;
import io.lssgen.weights.SafetensorsFile;
import io.lssgen.weights.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A single file makes the same pictures as the folder of the same weights, to the bit. */
class SingleFilePipelineTest {
  private static final float[] PUBLISHED_MEAN = {-1.6574f, 1.886f, -1.383f, 2.5155f};
  private static final float[] PUBLISHED_STD = {8.4927f, 5.9022f, 6.5498f, 5.2299f};

  @TempDir static Path root;

  private static Path folder;
  private static Path file;

  @BeforeAll
  static void unpack() throws IOException {
    TorchRuntime.threads(1); // tiny tensors: more threads only wait for each other
    GoldenSingleFiles.unpack(root);
    Files.move(root.resolve("sd3"), root.resolve("sd3-weights"));
    folder = root.resolve("flux");
    file = Files.move(root.resolve("flux.safetensors"), root.resolve("tiny.safetensors"));
    for (String part : List.of("tokenizer", "tokenizer_2", "scheduler")) {
      TinyModels.copy(TinyModels.golden("flux-tiny/" + part), folder.resolve(part));
    }
    Files.copy(
        TinyModels.golden("flux-tiny/model_index.json"),
        folder.resolve("model_index.json"),
        StandardCopyOption.REPLACE_EXISTING);
  }

  @ParameterizedTest
  @CsvSource({
    "sd, sd, Stable Diffusion",
    "xl, sdxl, SDXL",
    "playground, playground, Playground v2.5"
  })
  void picturesOfDiffusionModelsAreTheFoldersOwn(String kind, String golden, String family)
      throws IOException {
    if (kind.equals("playground")) {
      createPlayground(kind, PUBLISHED_MEAN, PUBLISHED_STD);
    }
    Path own = completed(kind, golden);
    PipelineLoader single = PipelineLoader.of(root.resolve(kind + ".safetensors")).components(own);
    for (DType type : new DType[] {DType.F32, DType.BF16}) {
      assertThat(pictures(single.dtype(type)))
          .isEqualTo(pictures(PipelineLoader.of(own).dtype(type)));
    }
    try (TextToImage model = single.load()) {
      assertThat(model.family()).isEqualTo(family);
      assertThat(model.defaults().name()).isEqualTo(kind);
    }
  }

  /** What the folder lacks: its index and tokenizers. */
  private static Path completed(String kind, String golden) throws IOException {
    Path own = root.resolve(kind);
    Files.copy(
        TinyModels.golden("diffusion-tiny/%s/model_index.json".formatted(golden)),
        own.resolve("model_index.json"),
        StandardCopyOption.REPLACE_EXISTING);
    for (String part : kind.equals("sd") ? List.of("") : List.of("", "_2")) {
      TinyModels.copy(TinyModels.golden("flux-tiny/tokenizer"), own.resolve("tokenizer" + part));
    }
    return own;
  }

  /** SDXL's weights as Playground has them: a folder, and a file with the latents' statistics. */
  private static void createPlayground(String name, float[] mean, float[] std) throws IOException {
    Path own = root.resolve(name);
    TinyModels.copy(root.resolve("xl"), own);
    TinyModels.copy(
        TinyModels.golden("diffusion-tiny/playground/scheduler"), own.resolve("scheduler"));
    ObjectMapper json = new ObjectMapper();
    Path vae = own.resolve("vae/config.json");
    ObjectNode config = (ObjectNode) json.readTree(vae.toFile());
    config.put("scaling_factor", 0.5);
    config.putPOJO("latents_mean", mean).putPOJO("latents_std", std);
    json.writeValue(vae.toFile(), config);
    withStatistics(root.resolve(name + ".safetensors"), mean, std, DType.F32);
  }

  private static void withStatistics(Path target, float[] mean, float[] std, DType type) {
    try (TensorScope scope = TensorScope.open();
        SafetensorsFile file = SafetensorsFile.open(root.resolve("xl.safetensors"))) {
      assertThat(scope).isNotNull();
      Map<String, Tensor> tensors = new TreeMap<>();
      file.entries().keySet().forEach(tensor -> tensors.put(tensor, file.tensor(tensor)));
      tensors.put("edm_mean", Tensors.of(mean, 1, mean.length, 1, 1).to(type));
      tensors.put("edm_std", Tensors.of(std, 1, std.length, 1, 1).to(type));
      SafetensorsWriter.write(target, tensors);
    }
  }

  @Test
  void aFineTunesOwnStatisticsCount() throws IOException {
    float[] mean = {0.5f, -0.25f, 1, 0};
    float[] std = {3, 4, 2, 5};
    createPlayground("published", PUBLISHED_MEAN, PUBLISHED_STD);
    createPlayground("tuned", mean, std);
    Path published = completed("published", "playground");
    Path tuned = completed("tuned", "playground");

    // The folder beside the file says the published ones, as one does that came for its tokenizers.
    PipelineLoader single =
        PipelineLoader.of(root.resolve("tuned.safetensors")).components(published);
    assertThat(pictures(single))
        .isEqualTo(pictures(PipelineLoader.of(tuned)))
        .isNotEqualTo(pictures(PipelineLoader.of(published)));
  }

  /** Of a file in halves the folder has the exact numbers. */
  @Test
  void roundedStatisticsAreTheFoldersOwn() throws IOException {
    createPlayground("halves", PUBLISHED_MEAN, PUBLISHED_STD);
    Path own = completed("halves", "playground");
    Path file = root.resolve("halves.safetensors");
    withStatistics(file, PUBLISHED_MEAN, PUBLISHED_STD, DType.F16);

    assertThat(pictures(PipelineLoader.of(file).components(own)))
        .isEqualTo(pictures(PipelineLoader.of(own)));
  }

  @Test
  void statisticsThatAreNoneAreRefused() throws IOException {
    createPlayground("bad", PUBLISHED_MEAN, PUBLISHED_STD);
    Path bad = root.resolve("bad.safetensors");
    PipelineLoader single = PipelineLoader.of(bad).components(completed("bad", "playground"));
    withStatistics(bad, new float[] {0, Float.NaN, 0, 0}, PUBLISHED_STD, DType.F32);
    assertRefused(single, "bad.safetensors", "edm_mean wants finite numbers", "NaN");
    withStatistics(bad, PUBLISHED_MEAN, new float[] {1, 1, 0, 1}, DType.F32);
    assertRefused(single, "latents_std wants a number above 0");
    withStatistics(bad, new float[] {0, 0}, new float[] {1, 1}, DType.F32);
    assertRefused(single, "latent_channels = 4, found 2");
  }

  private static void assertRefused(PipelineLoader loader, String... parts) {
    assertThatThrownBy(loader::load)
        .isInstanceOf(ModelException.class)
        .hasMessageContainingAll(parts);
  }

  private static List<RgbImage> pictures(PipelineLoader loader) {
    try (TextToImage model = loader.load()) {
      GenerationRequest request =
          GenerationRequest.builder("a red apple")
              .size(64, 64)
              .minSize(32)
              .steps(4)
              .scaling(ScalingSpace.PIXEL)
              .seed(3)
              .build();
      return model.generate(request).images();
    }
  }

  @Test
  void picturesAreTheFoldersOwn() {
    for (DType type : new DType[] {DType.F32, DType.BF16}) {
      List<RgbImage> expected = pictures(PipelineLoader.of(folder).dtype(type));
      PipelineLoader single = PipelineLoader.of(file).components(folder).dtype(type);
      assertThat(pictures(single)).isEqualTo(expected);
      assertThat(expected.get(0).rgb()).isNotEqualTo(new byte[64 * 64 * 3]);
    }
    assertThat(pictures(PipelineLoader.of(folder).vae(file)))
        .isEqualTo(pictures(PipelineLoader.of(folder)));
  }

  /** The file has no projection of CLIP-L's, the folder one that changes nothing. */
  @Test
  void picturesOfStableDiffusion3AreTheFoldersOwn() throws IOException {
    Path own = stableDiffusion3("sd3", true);
    Path single = root.resolve("sd3.safetensors");
    assertThat(pictures(PipelineLoader.of(single).components(own)))
        .isEqualTo(pictures(PipelineLoader.of(own)));

    Path without = stableDiffusion3("without", false);
    Path rest = root.resolve("without.safetensors");
    try (TensorScope scope = TensorScope.open();
        SafetensorsFile all = SafetensorsFile.open(single)) {
      Map<String, Tensor> tensors = new TreeMap<>();
      all.entries().keySet().stream()
          .filter(name -> !name.startsWith("text_encoders.t5xxl."))
          .forEach(name -> tensors.put(name, all.tensor(name)));
      // CLIP-L's own projection is another model's, and some writers shorten tables.
      Tensor projection = Tensors.ones(DType.F32, 16, 16);
      tensors.put("text_encoders.clip_l.transformer.text_projection.weight", projection);
      tensors.computeIfPresent("model.diffusion_model.pos_embed", (n, table) -> table.squeeze(0));
      SafetensorsWriter.write(rest, tensors);
      assertThat(scope).isNotNull();
    }
    assertThat(pictures(PipelineLoader.of(rest).components(without)))
        .isEqualTo(pictures(PipelineLoader.of(without)))
        .isNotEqualTo(pictures(PipelineLoader.of(own)));

    // T5 is named by what it is, whichever number it has.
    ModelParts t5 = ModelParts.OWN.folder(own).replace(ModelParts.T5, own);
    assertThat(pictures(PipelineLoader.of(rest).parts(t5)))
        .isEqualTo(pictures(PipelineLoader.of(own)));
    ModelParts twice = t5.replace("text_encoder_3", own);
    assertThatThrownBy(() -> PipelineLoader.of(rest).parts(twice).load())
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("'text_encoder_3' is named twice, also as 't5xxl'");
    ModelParts none = ModelParts.OWN.replace(ModelParts.T5, own);
    assertThatThrownBy(() -> PipelineLoader.of(root.resolve("sd")).parts(none).load())
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("no component 't5xxl' to be replaced, only");
  }

  private static Path stableDiffusion3(String name, boolean withT5) throws IOException {
    Path own = root.resolve(name);
    TinyModels.createSd3(own, withT5 ? "3.5" : "3.5-without");
    for (String part : List.of("transformer", "text_encoder", "text_encoder_2", "vae")) {
      TinyModels.copy(root.resolve("sd3-weights").resolve(part), own.resolve(part));
    }
    if (withT5) {
      TinyModels.copy(root.resolve("sd3-weights/text_encoder_3"), own.resolve("text_encoder_3"));
    } else {
      Files.delete(own.resolve("text_encoder_3/model.safetensors"));
      Files.delete(own.resolve("text_encoder_3/config.json"));
      Files.delete(own.resolve("text_encoder_3"));
    }
    return own;
  }

  @Test
  void theModelIsCalledAsItsFile() {
    try (TextToImage model = PipelineLoader.of(file).components(folder).load()) {
      assertThat(model.defaults().name()).isEqualTo("tiny");
      assertThat(model.family()).isEqualTo("FLUX.1");
    }
  }

  @Test
  void whatIsMissingIsToldBeforeAnythingIsLoaded() {
    assertThatThrownBy(() -> PipelineLoader.of(file).load())
        .isInstanceOf(ModelException.class)
        .hasMessageContainingAll("has no tokenizer_2", "--components");
    Path none = root.resolve("none");
    assertThatThrownBy(() -> PipelineLoader.of(folder).vae(none).load())
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("none");
    ModelParts variant = ModelParts.OWN.variant("fp16");
    assertThatThrownBy(() -> PipelineLoader.of(folder).parts(variant).load())
        .isInstanceOf(ModelException.class)
        .hasMessageContainingAll("no weights of variant 'fp16'");
  }
}
