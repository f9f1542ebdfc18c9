package io.lssgen.model;

import static io.lssgen.model.ModelWeights.assertSame;
import static io.lssgen.model.ModelWeights.load;
import static io.lssgen.model.ModelWeights.rewrite;
import static io.lssgen.model.ModelWeights.without;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.errors.ModelException;
import io.lssgen.model.unet.UNet;
import io.lssgen.model.unet.UNetConfig;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.LiveHandles;
import io.lssgen.tensor.Rng;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import io.lssgen.tensor.TorchRuntime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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
    "flux, vae",
    "sd3, transformer",
    "sd3, text_encoder_2",
    "sd3, text_encoder_3",
    "sd3, vae"
  })
  void everyParameterIsTheFoldersOwn(String model, String component) {
    ModelIndex folder = ModelIndex.read(root.resolve(model));
    ModelIndex single = single(model, ModelParts.OWN);

    assertThat(single.isPartOfFile(component)).isTrue();
    for (DType type : new DType[] {DType.F32, DType.BF16}) {
      assertSame(folder, single, component, type);
    }
    long before = LiveHandles.settled();
    assertSame(folder, single, component, DType.F32);
    assertThat(TorchRuntime.liveHandles()).isEqualTo(before);
  }

  @Test
  void aUNetPredictsAsTheFoldersOwn() {
    float[] expected = prediction(ModelIndex.read(root.resolve("sd")));
    assertThat(prediction(single("sd", ModelParts.OWN))).isEqualTo(expected);
    long before = LiveHandles.settled();
    assertThat(prediction(single("sd", ModelParts.OWN))).isEqualTo(expected);
    assertThat(TorchRuntime.liveHandles()).isEqualTo(before);
  }

  private static float[] prediction(ModelIndex index) {
    UNetConfig config = UNetConfig.of(index.config("unet"));
    try (Components components = new Components(index, LoadOptions.of(DType.F32));
        TensorScope scope = TensorScope.open();
        Rng rng = new Rng(1)) {
      UNet unet = components.load("unet", p -> new UNet(p, config));
      Tensor text = rng.randn(1, 5, config.textWidth());
      Tensor time = Tensors.of(new float[] {500}, 1);
      Tensor predicted = unet.forward(rng.randn(1, 4, 8, 8), time, text, null, null);
      assertThat(predicted.allFinite()).isTrue();
      assertThat(scope).isNotNull();
      return predicted.toFloatArray();
    }
  }

  @Test
  void autoencodersComeFromFoldersAndFilesInAnyNames() throws IOException {
    ModelIndex own = ModelIndex.read(root.resolve("sd"));
    Path weights = root.resolve("sd/vae/diffusion_pytorch_model.safetensors");
    Path old = Files.createDirectories(temporary.resolve("old"));
    Files.copy(root.resolve("sd/vae/config.json"), old.resolve("config.json"));
    rewrite(
        weights,
        temporary.resolve("old/diffusion_pytorch_model.safetensors"),
        SingleFileParityTest::oldName);
    List<Path> places =
        List.of(
            root.resolve("sd/vae"),
            weights,
            file("sd"), // of a whole checkpoint its autoencoder
            rewrite(
                file("sd"),
                temporary.resolve("vae.safetensors"),
                n -> without("first_stage_model.", n)),
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
    Path bare =
        rewrite(
            file("flux"),
            temporary.resolve("t.safetensors"),
            n -> without("model.diffusion_model.", n));
    Path clip =
        rewrite(
            file("flux"),
            temporary.resolve("clip_l.safetensors"),
            n -> without("text_encoders.clip_l.transformer.", n));
    Path t5 =
        rewrite(
            file("flux"),
            temporary.resolve("t5.safetensors"),
            n -> without("text_encoders.t5xxl.transformer.", n));
    ModelParts parts = ModelParts.OWN.replace("text_encoder", clip).replace("text_encoder_2", t5);
    ModelIndex index = ModelIndex.read(bare, parts.folder(root.resolve("flux")));

    for (String component : new String[] {"transformer", "text_encoder", "text_encoder_2", "vae"}) {
      assertSame(own, index, component, DType.F32);
    }
    assertThat(index.path("vae")).isEqualTo(root.resolve("flux/vae"));
  }

  @Test
  void aUNetAloneIsReadToo() {
    Path bare =
        rewrite(
            file("sd"),
            temporary.resolve("unet.safetensors"),
            n -> without("model.diffusion_model.", n));
    ModelIndex index = ModelIndex.read(bare, ModelParts.OWN.folder(root.resolve("sd")));
    assertSame(ModelIndex.read(root.resolve("sd")), index, "unet", DType.F32);
    assertThat(index.path("text_encoder")).isEqualTo(root.resolve("sd/text_encoder"));
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
