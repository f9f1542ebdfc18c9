package io.lssgen.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.errors.ModelException;
import io.lssgen.errors.UsageException;
import io.lssgen.model.clip.ClipTextConfig;
import io.lssgen.model.clip.ClipTextModel;
import io.lssgen.model.flux.FluxConfig;
import io.lssgen.model.flux.FluxTransformer;
import io.lssgen.model.t5.T5Config;
import io.lssgen.model.t5.T5Encoder;
import io.lssgen.model.unet.UNet;
import io.lssgen.model.unet.UNetConfig;
import io.lssgen.model.vae.AutoencoderKl;
import io.lssgen.model.vae.AutoencoderKlConfig;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.TorchRuntime;
import io.lssgen.weights.Checkpoint;
import io.lssgen.weights.KeyMap;
import io.lssgen.weights.ModelConfig;
import io.lssgen.weights.ParameterTree;
import io.lssgen.weights.SafetensorsFile;
import io.lssgen.weights.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tiny models as single files against the diffusers folders of the same weights; for SD and SDXL
 * diffusers' own conversion is known to give the folder. Exact.
 */
class SingleFileParityTest {
  @TempDir static Path root;
  @TempDir Path temporary;

  @BeforeAll
  static void unpack() {
    GoldenSingleFiles.unpack(root);
  }

  private static Path file(String model) {
    return root.resolve(model + ".safetensors");
  }

  /** The file with the tiny configurations of the folder, which has the same weights. */
  private static ModelIndex single(String model, ModelParts parts) {
    return ModelIndex.read(file(model), parts.folder(root.resolve(model)));
  }

  @ParameterizedTest
  @CsvSource({
    "sd, unet",
    "sd, text_encoder",
    "sd, vae",
    "xl, unet",
    "xl, text_encoder",
    "xl, text_encoder_2",
    "xl, vae",
    "flux, transformer",
    "flux, text_encoder",
    "flux, text_encoder_2",
    "flux, vae"
  })
  void everyParameterIsTheFoldersOwn(String model, String component) {
    ModelIndex folder = ModelIndex.read(root.resolve(model));
    ModelIndex single = single(model, ModelParts.OWN);

    assertThat(single.isPartOfFile(component)).isTrue();
    for (DType type : new DType[] {DType.F32, DType.BF16}) {
      assertSame(folder, single, component, type);
    }
    long before = TorchRuntime.liveHandles();
    assertSame(folder, single, component, DType.F32);
    assertThat(TorchRuntime.liveHandles()).isEqualTo(before);
  }

  private static void assertSame(
      ModelIndex expected, ModelIndex found, String component, DType type) {
    try (ParameterTree wanted = load(expected, component, type);
        ParameterTree loaded = load(found, component, type)) {
      assertThat(loaded.tensors().keySet())
          .isNotEmpty()
          .containsExactlyInAnyOrderElementsOf(wanted.tensors().keySet());
      wanted
          .tensors()
          .forEach(
              (name, tensor) -> {
                Tensor other = loaded.tensors().get(name);
                assertThat(other.shape()).as(name).isEqualTo(tensor.shape());
                assertThat(other.toFloatArray()).as(name).isEqualTo(tensor.toFloatArray());
              });
    }
  }

  private static ParameterTree load(ModelIndex index, String component, DType type) {
    ModelConfig config = index.config(component);
    Consumer<Parameters> model =
        switch (index.components().get(component)) {
          case "UNet2DConditionModel" -> p -> new UNet(p, UNetConfig.of(config));
          case "AutoencoderKL" -> p -> new AutoencoderKl(p, AutoencoderKlConfig.of(config));
          case "FluxTransformer2DModel" ->
              p -> new FluxTransformer(p, FluxConfig.of(config)).close();
          case "T5EncoderModel" -> p -> new T5Encoder(p, T5Config.of(config));
          default -> p -> new ClipTextModel(p, ClipTextConfig.of(config));
        };
    KeyMap t5 = KeyMap.builder().drop("encoder.embed_tokens.weight").build();
    try (Checkpoint weights = index.weights(component)) {
      return ParameterTree.load(weights, t5, type, model);
    }
  }

  /** Writes the tensors whose names {@code rename} keeps, under the names that it gives. */
  private Path rewrite(Path source, String name, UnaryOperator<String> rename) {
    Path target = temporary.resolve(name);
    SafetensorsFile file = SafetensorsFile.open(source);
    try (TensorScope scope = TensorScope.open();
        file) {
      Map<String, Tensor> tensors = new HashMap<>();
      for (String tensor : file.entries().keySet()) {
        String renamed = rename.apply(tensor);
        if (!renamed.isEmpty()) {
          tensors.put(renamed, file.tensor(tensor));
        }
      }
      SafetensorsWriter.write(target, tensors);
      assertThat(scope).isNotNull();
    }
    return target;
  }

  private static String without(String prefix, String name) {
    return name.startsWith(prefix) ? name.substring(prefix.length()) : "";
  }

  @Test
  void autoencodersComeFromFoldersAndFilesInAnyNames() throws IOException {
    ModelIndex own = ModelIndex.read(root.resolve("sd"));
    Path weights = root.resolve("sd/vae/diffusion_pytorch_model.safetensors");
    Path old = Files.createDirectories(temporary.resolve("old"));
    Files.copy(root.resolve("sd/vae/config.json"), old.resolve("config.json"));
    rewrite(weights, "old/diffusion_pytorch_model.safetensors", SingleFileParityTest::oldName);
    List<Path> places =
        List.of(
            root.resolve("sd/vae"),
            weights,
            file("sd"), // of a whole checkpoint its autoencoder
            rewrite(file("sd"), "vae.safetensors", n -> without("first_stage_model.", n)),
            old);
    for (Path place : places) {
      ModelParts parts = ModelParts.OWN.replace("vae", place);
      assertSame(own, ModelIndex.read(root.resolve("sd"), parts), "vae", DType.F32);
      assertSame(own, single("sd", parts), "vae", DType.F32);
    }
  }

  /** As diffusers named an attention's parts at first, and as SD1.5's folder still does. */
  private static String oldName(String name) {
    return name.replace("to_q", "query")
        .replace("to_k", "key")
        .replace("to_v", "value")
        .replace("to_out.0", "proj_attn");
  }

  @Test
  void textEncodersComeFromFiles() {
    ModelIndex own = ModelIndex.read(root.resolve("flux"));
    Path bare = rewrite(file("flux"), "t.safetensors", n -> without("model.diffusion_model.", n));
    Path clip =
        rewrite(
            file("flux"),
            "clip_l.safetensors",
            n -> without("text_encoders.clip_l.transformer.", n));
    Path t5 =
        rewrite(
            file("flux"), "t5.safetensors", n -> without("text_encoders.t5xxl.transformer.", n));
    ModelParts parts = ModelParts.OWN.replace("text_encoder", clip).replace("text_encoder_2", t5);
    ModelIndex index = ModelIndex.read(bare, parts.folder(root.resolve("flux")));

    for (String component : new String[] {"transformer", "text_encoder", "text_encoder_2", "vae"}) {
      assertSame(own, index, component, DType.F32);
    }
    assertThat(index.path("vae")).isEqualTo(root.resolve("flux/vae"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"model_ema.decay", "alphas_cumprod", "posterior_variance", "edm_std"})
  void whatTrainingLeftIsNotNeeded(String name) {
    Path file = withExtra(name);
    ModelIndex index = ModelIndex.read(file, ModelParts.OWN.folder(root.resolve("sd")));
    assertSame(ModelIndex.read(root.resolve("sd")), index, "unet", DType.F32);
  }

  /** Tiny SD with its first convolution's bias once more under {@code name}. */
  private Path withExtra(String name) {
    SafetensorsFile file = SafetensorsFile.open(file("sd"));
    Path target = temporary.resolve("extra.safetensors");
    try (TensorScope scope = TensorScope.open();
        file) {
      Map<String, Tensor> tensors = new HashMap<>();
      file.entries().keySet().forEach(n -> tensors.put(n, file.tensor(n)));
      tensors.put(name, file.tensor("model.diffusion_model.input_blocks.0.0.bias"));
      SafetensorsWriter.write(target, tensors);
      assertThat(scope).isNotNull();
    }
    return target;
  }

  @Test
  void whatBelongsNowhereOrIsMissingIsNamed() {
    ModelParts parts = ModelParts.OWN.folder(root.resolve("sd"));
    Path stray = withExtra("something.else");
    assertThatThrownBy(() -> ModelIndex.read(stray, parts))
        .isInstanceOf(ModelException.class)
        .hasMessageContainingAll(
            "extra.safetensors", "belong to no component: 1 ('something.else')")
        .hasMessageNotContaining("\n");

    ModelIndex inside = ModelIndex.read(withExtra("model.diffusion_model.control.weight"), parts);
    assertThatThrownBy(() -> load(inside, "unet", DType.F32))
        .isInstanceOf(ModelException.class)
        .hasMessageContainingAll("not known to the model 1", "'control.weight'");

    Path cut =
        rewrite(file("sd"), "cut.safetensors", n -> n.contains("middle_block.1.norm") ? "" : n);
    ModelIndex damaged = ModelIndex.read(cut, parts);
    assertThatThrownBy(() -> load(damaged, "unet", DType.F32))
        .isInstanceOf(ModelException.class)
        .hasMessageContainingAll("missing 2", "'mid_block.attentions.0.norm.bias'");
  }

  @Test
  void aUNetAloneIsReadToo() {
    Path bare = rewrite(file("sd"), "unet.safetensors", n -> without("model.diffusion_model.", n));
    ModelIndex index = ModelIndex.read(bare, ModelParts.OWN.folder(root.resolve("sd")));
    assertSame(ModelIndex.read(root.resolve("sd")), index, "unet", DType.F32);
    assertThat(index.path("text_encoder")).isEqualTo(root.resolve("sd/text_encoder"));
  }

  @Test
  void whatTheFileLacksIsToldWithWhatToDo() {
    Path bare = rewrite(file("flux"), "t.safetensors", n -> without("model.diffusion_model.", n));
    ModelIndex index = ModelIndex.read(bare);

    assertThat(index.kind()).isEqualTo("FLUX.1 dev");
    assertThat(index.has("transformer")).isTrue();
    assertThat(index.has("tokenizer")).isTrue();
    assertThat(index.has("vae")).isFalse();
    assertThatThrownBy(() -> index.requireClass("text_encoder_2", "T5EncoderModel"))
        .isInstanceOf(ModelException.class)
        .hasMessageContainingAll(
            "t.safetensors has no text_encoder, text_encoder_2, tokenizer_2, vae",
            "--components",
            "T5's vocabulary")
        .hasMessageNotContaining("\n");
    assertThatThrownBy(() -> ModelIndex.read(bare, ModelParts.OWN.folder(root.resolve("sd"))))
        .isInstanceOf(ModelException.class)
        .hasMessageContainingAll("another model", "FluxPipeline");
    assertThatThrownBy(() -> ModelIndex.read(bare, ModelParts.OWN.folder(root.resolve("none"))))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("there is no folder");
  }

  @Test
  void theFilesOwnFolderHasWhatItLacks() throws IOException {
    Path bare = rewrite(file("flux"), "t.safetensors", n -> without("model.diffusion_model.", n));
    Path beside = root.resolve("flux/t.safetensors");
    Files.copy(bare, beside);
    ModelIndex index = ModelIndex.read(beside);

    assertThat(index.path("vae").toRealPath()).isEqualTo(root.resolve("flux/vae").toRealPath());
    assertSame(ModelIndex.read(root.resolve("flux")), index, "transformer", DType.F32);
    Files.delete(beside);
  }

  @Test
  void partsMustGoWithTheModel() {
    assertThatThrownBy(() -> ModelIndex.read(file("sd"), ModelParts.OWN.variant("fp16")))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("--variant");
    assertThatThrownBy(
            () -> ModelIndex.read(root.resolve("sd"), ModelParts.OWN.folder(root.resolve("xl"))))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("--components");
    ModelParts none = ModelParts.OWN.replace("text_encoder_2", file("sd"));
    for (Path model : new Path[] {root.resolve("sd"), file("sd")}) {
      assertThatThrownBy(() -> ModelIndex.read(model, none))
          .isInstanceOf(UsageException.class)
          .hasMessageContainingAll("'text_encoder_2'", "unet, vae");
    }
  }

  @Test
  void variantsAreTakenWhereTheyAreAskedFor() throws IOException {
    Path model = temporary.resolve("variants");
    for (String part : new String[] {"model_index.json", "vae/config.json"}) {
      Files.createDirectories(model.resolve(part).getParent());
      Files.copy(root.resolve("sd").resolve(part), model.resolve(part));
    }
    Path plain = root.resolve("sd/vae/diffusion_pytorch_model.safetensors");
    Files.copy(plain, model.resolve("vae/diffusion_pytorch_model.fp16.safetensors"));
    ModelIndex own = ModelIndex.read(root.resolve("sd"));

    assertSame(own, ModelIndex.read(model), "vae", DType.F32); // the only one there is
    Files.writeString(model.resolve("vae/diffusion_pytorch_model.safetensors"), "damaged");
    ModelIndex chosen = ModelIndex.read(model, ModelParts.OWN.variant("fp16"));
    assertSame(own, chosen, "vae", DType.F32);
    ModelIndex unnamed = ModelIndex.read(model);
    assertThatThrownBy(() -> unnamed.weights("vae")).isInstanceOf(ModelException.class);
    ModelIndex other = ModelIndex.read(model, ModelParts.OWN.variant("int8"));
    assertThatThrownBy(() -> other.weights("vae"))
        .isInstanceOf(ModelException.class)
        .hasMessageContainingAll("'int8'", "fp16.safetensors");
  }

  @Test
  void configurationsCanBeOthersThanThePublished() {
    PublishedModel tiny = PublishedModel.of("sd15");
    Map<String, PublishedModel.Component> components = new HashMap<>(tiny.components());
    components.put(
        "unet",
        new PublishedModel.Component(
            "UNet2DConditionModel", ModelIndex.read(root.resolve("sd")).config("unet")));
    ModelIndex index =
        SingleFile.read(
            file("sd"), ModelParts.OWN, kind -> new PublishedModel(tiny.settings(), components));
    assertSame(ModelIndex.read(root.resolve("sd")), index, "unet", DType.F32);
    ModelIndex published = ModelIndex.read(file("sd"));
    assertThatThrownBy(() -> load(published, "unet", DType.F32))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("of another shape");
  }
}
