package io.lssgen.lora;

import static io.lssgen.model.GoldenTensors.ROOT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.errors.ModelException;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import io.lssgen.tensor.TorchRuntime;
import io.lssgen.weights.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every bad file is refused in one line before anything changes. */
class LoraBadInputTest {
  private static final String QUERIES = "transformer.transformer_blocks.0.attn.to_q";

  @TempDir Path folder;
  private TinyComponents components;
  private LoraSwitch loras;
  private TensorScope scope;
  private Path file;

  @BeforeEach
  void load() {
    TorchRuntime.threads(1); // tiny tensors: more threads only wait for each other
    components = TinyComponents.flux(ROOT.resolve("flux-tiny"), DType.F32);
    loras = new LoraSwitch(components.trees());
    scope = TensorScope.open();
    file = folder.resolve("bad.safetensors");
  }

  @AfterEach
  void close() {
    scope.close();
    components.close();
  }

  private void assertRefused(Path path, String... parts) {
    Map<String, Integer> before = digests();
    assertThatThrownBy(() -> loras.apply(List.of(new Lora(path, 1))))
        .isInstanceOf(ModelException.class)
        .hasMessageMatching("\\V+")
        .hasMessageContaining(path.getFileName().toString())
        .hasMessageContainingAll(parts);
    assertThat(digests()).isEqualTo(before);
    loras.apply(List.of()); // nothing to put in order
  }

  /** What tells every parameter's values apart from others. */
  private Map<String, Integer> digests() {
    Map<String, Integer> digests = new HashMap<>();
    components
        .trees()
        .forEach(
            (component, tree) ->
                tree.tensors()
                    .forEach(
                        (path, tensor) ->
                            digests.put(
                                component + "." + path, Arrays.hashCode(tensor.toByteArray()))));
    return digests;
  }

  private void use(TinyComponents others) {
    components.close();
    components = others;
    loras = new LoraSwitch(components.trees());
  }

  private Tensor weight() {
    return components.tree("transformer").tensors().get("transformer_blocks.0.attn.to_q.weight");
  }

  private Path write(Map<String, Tensor> tensors) {
    SafetensorsWriter.write(file, tensors);
    return file;
  }

  private static Map<String, Tensor> good() {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    tensors.put(QUERIES + ".lora_A.weight", Tensors.ones(DType.F32, 2, 32));
    tensors.put(QUERIES + ".lora_B.weight", Tensors.ones(DType.F32, 32, 2));
    return tensors;
  }

  @Test
  void theGoodOneIsGood() {
    byte[] before = weight().toByteArray();
    loras.apply(List.of(new Lora(write(good()), 1)));
    assertThat(weight().toByteArray()).isNotEqualTo(before);
  }

  @ParameterizedTest
  @CsvSource({
    "flux, sd-kohya, a UNet with texts of width 12, FLUX.1",
    "flux, sd-old, a UNet with texts of width 12, FLUX.1",
    "flux, xl-kohya, a UNet with texts of width 20, FLUX.1",
    "flux, xl-peft, a UNet with texts of width 20, FLUX.1",
    "sd, flux-kohya, FLUX.1, a UNet with texts of width 12",
    "sd, flux-peft, FLUX.1, a UNet with texts of width 12",
    "sd, xl-kohya, a UNet with texts of width 20, a UNet with texts of width 12",
    "sd, xl-peft, a UNet with texts of width 20, a UNet with texts of width 12",
    "xl, flux-kohya, FLUX.1, a UNet with texts of width 20",
    "xl, flux-peft, FLUX.1, a UNet with texts of width 20",
    "xl, sd-kohya, a UNet with texts of width 12, a UNet with texts of width 20",
    "xl, sd-old, a UNet with texts of width 12, a UNet with texts of width 20"
  })
  void madeForAnotherFamily(String model, String name, String found, String own) {
    if (!model.equals("flux")) {
      use(TinyComponents.unet(model));
    }
    assertRefused(
        ROOT.resolve("lora/" + name + ".safetensors"),
        "is for " + found,
        "this model is " + own,
        "use one that was made for it");
  }

  @ParameterizedTest
  @CsvSource({"768, Stable Diffusion 1.x", "1024, Stable Diffusion 2.x", "2048, SDXL"})
  void publishedFamiliesAreNamed(int width, String family) {
    String module = "lora_unet_mid_block_attentions_0_transformer_blocks_0_attn2_to_k";
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    tensors.put(module + ".lora_down.weight", Tensors.ones(DType.F32, 1, width));
    tensors.put(module + ".lora_up.weight", Tensors.ones(DType.F32, 1280, 1));

    assertRefused(write(tensors), "is for " + family, "this model is FLUX.1");
  }

  @Test
  void keysThatGoNowhere() {
    Map<String, Tensor> tensors = good();
    for (int i = 7; i < 12; i++) {
      String module = "transformer.transformer_blocks." + i + ".attn.to_q";
      tensors.put(module + ".lora_A.weight", Tensors.ones(DType.F32, 2, 32));
      tensors.put(module + ".lora_B.weight", Tensors.ones(DType.F32, 32, 2));
    }
    assertRefused(
        write(tensors),
        "of its 6 layers",
        "no module here 5 (",
        "'transformer.transformer_blocks.7.attn.to_q'",
        "…");
  }

  @Test
  void otherShapes() {
    Map<String, Tensor> tensors = good();
    tensors.put(QUERIES + ".lora_A.weight", Tensors.ones(DType.F32, 2, 33));
    assertRefused(write(tensors), "other shapes 1", "wants [32, 32], found [32, 33]");

    tensors = good();
    tensors.put(QUERIES + ".lora_B.weight", Tensors.ones(DType.F32, 32, 3));
    assertRefused(
        write(tensors), "want shapes [out, rank] and [rank, in], found [32, 3] and [2, 32]");

    tensors = good();
    tensors.put(QUERIES + ".lora_A.weight", Tensors.ones(DType.F32, 2, 32, 3, 3));
    assertRefused(write(tensors), "wants [32, 32], found [32, 32, 3, 3]");

    tensors = good();
    tensors.put(QUERIES + ".lora_A.weight", Tensors.ones(DType.F32, 64));
    assertRefused(write(tensors), "wants a shape [rank, in]", "found [64]");
  }

  @Test
  void halfALayer() {
    Map<String, Tensor> tensors = good();
    tensors.remove(QUERIES + ".lora_B.weight");
    assertRefused(write(tensors), "one half alone", QUERIES);
  }

  @ParameterizedTest
  @CsvSource({"diff, whole differences", "oft_blocks, OFT", "lora_B.bias, LoRA with biases"})
  void otherKinds(String ending, String kind) {
    Map<String, Tensor> tensors = good();
    tensors.put(QUERIES + "." + ending, Tensors.ones(DType.F32, 32));
    assertRefused(write(tensors), "this is " + kind, "not supported", ending);
  }

  @Test
  void halvesOfOtherProducts() {
    for (String half : List.of("hada_w1_a", "hada_w1_b", "lokr_w1", "lokr_w1_a")) {
      assertRefused(
          write(Map.of(QUERIES + "." + half, Tensors.ones(DType.F32, 32, 32))),
          "one half alone",
          half);
    }
  }

  @Test
  void twoKindsInOneLayer() {
    Map<String, Tensor> tensors = good();
    for (String part : List.of("hada_w1_a", "hada_w1_b", "hada_w2_a", "hada_w2_b")) {
      tensors.put(QUERIES + "." + part, Tensors.ones(DType.F32, 32, 32));
    }
    assertRefused(write(tensors), "wants one kind of product, found beside it", ".lora_A.weight");
  }

  @Test
  void productsOfTwoShapes() {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    tensors.put(QUERIES + ".hada_w1_a", Tensors.ones(DType.F32, 32, 2));
    tensors.put(QUERIES + ".hada_w1_b", Tensors.ones(DType.F32, 2, 32));
    tensors.put(QUERIES + ".hada_w2_a", Tensors.ones(DType.F32, 16, 2));
    tensors.put(QUERIES + ".hada_w2_b", Tensors.ones(DType.F32, 2, 32));
    assertRefused(write(tensors), "want the same shape, found [32, 32] and [16, 32]");
  }

  @Test
  void coresOfAnotherRank() {
    Map<String, Tensor> tensors = good();
    tensors.put(QUERIES + ".lora_mid.weight", Tensors.ones(DType.F32, 3, 2, 1, 1));
    assertRefused(write(tensors), "wants a shape [2, 2, …], found [3, 2, 1, 1]");
  }

  @Test
  void lengthsThatAreTooFew() {
    Map<String, Tensor> tensors = good();
    tensors.put(QUERIES + ".dora_scale", Tensors.ones(DType.F32, 31, 1));
    assertRefused(write(tensors), "wants 32 numbers, one for each output, found [31, 1]");
    tensors.put(QUERIES + ".dora_scale", Tensors.ones(DType.F32, 1, 31));
    assertRefused(write(tensors), "wants 32 numbers, one for each input, found [1, 31]");
  }

  @Test
  void lengthsOfColumnsOfSeveralModules() {
    String module = "lora_unet_double_blocks_0_img_attn_qkv";
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    tensors.put(module + ".lora_down.weight", Tensors.ones(DType.F32, 2, 32));
    tensors.put(module + ".lora_up.weight", Tensors.ones(DType.F32, 96, 2));
    tensors.put(module + ".dora_scale", Tensors.ones(DType.F32, 1, 32));
    assertRefused(write(tensors), "wants lengths of rows", "found those of columns");
  }

  @Test
  void weightsThatAreNoLoraAtAll() {
    assertRefused(
        ROOT.resolve("flux-tiny/transformer/diffusion_pytorch_model.safetensors"),
        "wanted pairs of tensors",
        "found others");
    assertRefused(write(Map.of()), "it holds no tensors");
  }

  @Test
  void alphasThatAreWholeNumbers() {
    Map<String, Tensor> tensors = good();
    tensors.put(QUERIES + ".alpha", Tensors.of(new long[] {4}, 1));
    byte[] before = weight().toByteArray();
    loras.apply(List.of(new Lora(write(tensors), 1)));
    assertThat(weight().toByteArray()).isNotEqualTo(before);
  }

  @Test
  void alphasThatAreNoNumber() {
    Map<String, Tensor> tensors = good();
    tensors.put(QUERIES + ".alpha", Tensors.scalar(Double.NaN));
    assertRefused(write(tensors), "wants one finite number");
    tensors.put(QUERIES + ".alpha", Tensors.ones(DType.F32, 2));
    assertRefused(write(tensors), "wants one finite number");
  }

  @Test
  void numbersThatAreNone() {
    Map<String, Tensor> tensors = good();
    tensors.put(QUERIES + ".lora_A.weight", Tensors.of(new long[64], 2, 32));
    assertRefused(write(tensors), "is of type I64, wanted F32, F16 or BF16");
  }

  @Test
  void damagedSettings() {
    SafetensorsWriter.write(file, good(), Map.of("lora_adapter_metadata", "{"));
    assertRefused(file, "lora_adapter_metadata", "no valid JSON");
  }

  @Test
  void missingPickledOrCutShort() throws IOException {
    assertRefused(folder.resolve("absent.safetensors"), "found none");
    assertRefused(Files.createDirectory(folder.resolve("empty")), "no weights in");
    Path pickle = Files.writeString(folder.resolve("style.pt"), "pickle");
    assertRefused(pickle, "pickle", "wanted safetensors");
    byte[] bytes = Files.readAllBytes(write(good()));
    Files.write(file, Arrays.copyOf(bytes, bytes.length - 1));
    assertRefused(file, "fetch or write the file again");
  }

  @Test
  void aFileThatIsWrittenAgainCountsAsAnother() throws IOException {
    Lora inFolder = new Lora(folder, 1);
    write(good());
    loras.apply(List.of(inFolder));
    byte[] first = weight().toByteArray();
    Map<String, Tensor> tensors = good();
    tensors.put(QUERIES + ".alpha", Tensors.scalar(-1));
    write(tensors);
    loras.apply(List.of(inFolder));

    assertThat(weight().toByteArray()).isNotEqualTo(first);
  }

  @Test
  void aFailureLeavesWhatWasAppliedBefore() {
    loras.apply(List.of(new Lora(ROOT.resolve("lora/flux-peft.safetensors"), 1)));
    byte[] changed = weight().toByteArray();
    Lora other = new Lora(ROOT.resolve("lora/sd-old.safetensors"), 1);

    assertThatThrownBy(() -> loras.apply(List.of(other))).isInstanceOf(ModelException.class);
    assertThat(weight().toByteArray()).isEqualTo(changed);
  }

  @Test
  void t5LayersOfBothSpellings() {
    Tensor queries =
        components
            .tree("text_encoder_2")
            .tensors()
            .get("encoder.block.0.layer.0.SelfAttention.q.weight");
    byte[] before = queries.toByteArray();
    for (String module :
        List.of(
            "lora_te3_encoder_block_0_layer_0_SelfAttention_q",
            "text_encoder_2.encoder.block.0.layer.0.SelfAttention.q")) {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      tensors.put(module + ".lora_down.weight", Tensors.ones(DType.F32, 1, queries.size(1)));
      tensors.put(module + ".lora_up.weight", Tensors.ones(DType.F32, queries.size(0), 1));
      loras.apply(List.of(new Lora(write(tensors), 1)));
      assertThat(queries.toByteArray()).isNotEqualTo(before);
      loras.apply(List.of());
      assertThat(queries.toByteArray()).isEqualTo(before);
    }
  }
}
