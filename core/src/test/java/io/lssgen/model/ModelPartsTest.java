package io.lssgen.model;

import static io.lssgen.model.ModelWeights.assertSame;
import static io.lssgen.model.ModelWeights.load;
import static io.lssgen.model.ModelWeights.rewrite;
import static io.lssgen.model.ModelWeights.without;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.errors.ModelException;
import io.lssgen.errors.UsageException;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.weights.Checkpoint;
import io.lssgen.weights.SafetensorsFile;
import io.lssgen.weights.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What tiny single files and folders lack, hold too much of, or get from elsewhere. */
class ModelPartsTest {
  @TempDir static Path root;
  @TempDir Path temporary;

  @BeforeAll
  static void unpack() {
    GoldenSingleFiles.unpack(root);
  }

  private static Path file(String model) {
    return root.resolve(model + ".safetensors");
  }

  /** The tiny FLUX transformer alone, in the names that its authors gave. */
  private Path bareFlux() {
    return rewrite(
        file("flux"),
        temporary.resolve("t.safetensors"),
        name -> without("model.diffusion_model.", name));
  }

  @ParameterizedTest
  @ValueSource(strings = {"model_ema.decay", "alphas_cumprod", "posterior_variance", "betas"})
  void whatTrainingLeftIsNotNeeded(String name) {
    Path file = withExtra(name);
    ModelIndex index = ModelIndex.read(file, ModelParts.OWN.folder(root.resolve("sd")));
    assertSame(ModelIndex.read(root.resolve("sd")), index, "unet", DType.F32);
  }

  @Test
  void halfOfTheLatentsStatisticsIsRefused() {
    Path file = withExtra("edm_std");
    assertThatThrownBy(() -> ModelIndex.read(file, ModelParts.OWN))
        .isInstanceOf(ModelException.class)
        .hasMessageContainingAll("edm_mean and edm_std want each other", "found only edm_std");
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
        rewrite(
            file("sd"),
            temporary.resolve("cut.safetensors"),
            n -> n.contains("middle_block.1.norm") ? "" : n);
    ModelIndex damaged = ModelIndex.read(cut, parts);
    assertThatThrownBy(() -> load(damaged, "unet", DType.F32))
        .isInstanceOf(ModelException.class)
        .hasMessageContainingAll("missing 2", "'mid_block.attentions.0.norm.bias'");
  }

  @Test
  void whatTheFileLacksIsToldWithWhatToDo() {
    Path bare = bareFlux();
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
  void aTextEncodersGgufFileBringsItsVocabulary() {
    Path encoder = GoldenTensors.ROOT.resolve("gguf/t5/model.gguf");
    ModelIndex index =
        ModelIndex.read(bareFlux(), ModelParts.OWN.replace("text_encoder_2", encoder));
    String prompt = "a red apple left of a blue book";

    assertThat(index.has("tokenizer_2")).isTrue();
    assertThat(index.hasWeights("tokenizer_2")).isFalse();
    assertThat(index.tokenLimit("tokenizer_2", 512)).isEqualTo(512);
    assertThat(index.t5Tokenizer("tokenizer_2").encode(prompt).ids())
        .containsExactly(
            ModelIndex.read(GoldenTensors.ROOT.resolve("flux-tiny"))
                .t5Tokenizer("tokenizer_2")
                .encode(prompt)
                .ids());
  }

  @Test
  void theFilesOwnFolderHasWhatItLacks() throws IOException {
    Path bare = bareFlux();
    Path beside = root.resolve("flux/t.safetensors");
    Files.copy(bare, beside);
    ModelIndex index = ModelIndex.read(beside);

    assertThat(index.path("vae").toRealPath()).isEqualTo(root.resolve("flux/vae").toRealPath());
    assertSame(ModelIndex.read(root.resolve("flux")), index, "transformer", DType.F32);
    Files.delete(beside);
  }

  @Test
  void sdxlAsStableDiffusionCppConvertsIt() {
    Path converted = temporary.resolve("converted.safetensors");
    try (TensorScope scope = TensorScope.open();
        SafetensorsFile single = SafetensorsFile.open(file("xl"));
        Checkpoint second = Checkpoint.open(root.resolve("xl/text_encoder_2"))) {
      Map<String, Tensor> tensors = new HashMap<>();
      for (String name : single.entries().keySet()) {
        Tensor tensor = single.tensor(name);
        boolean projection = name.endsWith(".proj_in.weight") || name.endsWith(".proj_out.weight");
        if (name.startsWith("conditioner.embedders.0.")) {
          tensors.put(name.replace("conditioner.embedders.0", "cond_stage_model"), tensor);
        } else if (!name.startsWith("conditioner.")) {
          boolean matrix = projection && tensor.dimensions() == 2;
          tensors.put(name, matrix ? tensor.unsqueeze(2).unsqueeze(3) : tensor);
        }
      }
      for (String name : second.names()) {
        boolean projection = name.equals("text_projection.weight");
        Tensor tensor = second.tensor(name);
        tensors.put(
            "cond_stage_model.1.transformer." + (projection ? "text_model.text_projection" : name),
            projection ? tensor.transpose(0, 1).contiguous() : tensor);
      }
      SafetensorsWriter.write(converted, tensors);
    }
    ModelIndex folder = ModelIndex.read(root.resolve("xl"));
    ModelIndex index = ModelIndex.read(converted, ModelParts.OWN.folder(root.resolve("xl")));

    assertThat(index.kind()).isEqualTo("SDXL");
    for (String part : new String[] {"unet", "vae", "text_encoder", "text_encoder_2"}) {
      assertThat(index.isPartOfFile(part)).as(part).isTrue();
      assertSame(folder, index, part, DType.F32);
    }
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
}
