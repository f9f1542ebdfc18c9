package io.lssgen.model.unet;

import static io.lssgen.model.GoldenTensors.ROOT;
import static io.lssgen.model.GoldenTensors.maxError;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.errors.ModelException;
import io.lssgen.model.GoldenTensors;
import io.lssgen.model.RecordedShapes;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.LiveHandles;
import io.lssgen.tensor.ScopePerTest;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import io.lssgen.tensor.TorchRuntime;
import io.lssgen.weights.ModelConfig;
import io.lssgen.weights.ParameterTree;
import io.lssgen.weights.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Against diffusers (tools/golden/control_nets.py, full_size_parameters.py): max abs error 1e-4 in
 * fp32; names and shapes exact.
 */
@ExtendWith(ScopePerTest.class)
class ControlNetParityTest {
  private static final double TOLERANCE = 1e-4;
  private static final double STRENGTH = 0.7; // the script's
  private static final ParameterTree.Kept KEPT = ParameterTree.Kept.as(DType.F32);
  private static final Path NETS = ROOT.resolve("control-nets");

  private static UNetConfig unet(String name) {
    return UNetConfig.of(
        ModelConfig.read(ROOT.resolve("diffusion-tiny/" + name + "/unet/config.json")));
  }

  private static LoadedControlNet open(Path place, String unet) {
    return LoadedControlNet.open(place, unet(unet), 8, KEPT);
  }

  private static ControlStates forward(ControlNetwork network, GoldenTensors golden) {
    AddedConditions added =
        golden.has("pooled")
            ? new AddedConditions(golden.tensor("pooled"), golden.tensor("time_ids"))
            : null;
    return network.forward(
        new WayDown.Inputs(
            golden.tensor("latents"),
            golden.tensor("timestep"),
            golden.tensor("text"),
            added,
            null),
        network.embedded(golden.tensor("picture")),
        STRENGTH);
  }

  private static void requireEqual(LoadedControlNet net, String name) {
    GoldenTensors golden = GoldenTensors.read("control-nets/" + name + ".safetensors");
    ControlStates states = forward(net.network(), golden);
    for (int i = 0; i < states.skips().size(); i++) {
      Tensor wanted = golden.tensor("skip" + i);
      assertThat(maxError(states.skips().get(i), wanted)).as("skip " + i).isLessThan(TOLERANCE);
    }
    assertThat(golden.has("skip" + states.skips().size())).isFalse();
    assertThat(maxError(states.middle(), golden.tensor("middle"))).isLessThan(TOLERANCE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"sd", "sdxl", "lcm"})
  void statesForTwoPicturesThatAreNotSquare(String name) {
    try (LoadedControlNet net = open(NETS.resolve(name), name)) {
      requireEqual(net, name);
    }
  }

  @Test
  void withoutTransformers() {
    try (LoadedControlNet net = open(NETS.resolve("small"), "sdxl")) {
      requireEqual(net, "small");
    }
  }

  /** Nothing lies beside it: its tensors tell how deep it is. */
  @Test
  void aFileAlone(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("alone.safetensors");
    Files.copy(NETS.resolve("small/diffusion_pytorch_model.safetensors"), file);
    try (LoadedControlNet net = open(file, "sdxl")) {
      requireEqual(net, "small");
    }
    assertThatThrownBy(() -> open(file, "sd"))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("for another UNet");
  }

  @ParameterizedTest
  @CsvSource({"lora_controlnet, a Control-LoRA", "task_embedding, (union)"})
  void kindsThatAreNotSupported(String tensor, String kind, @TempDir Path folder) {
    Path file = folder.resolve("other.safetensors");
    try (TensorScope scope = TensorScope.open()) {
      assertThat(scope).isNotNull();
      SafetensorsWriter.write(file, Map.of(tensor, Tensors.zeros(DType.F32, 0)));
    }
    assertThatThrownBy(() -> open(file, "sd"))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining(kind)
        .hasMessageContaining("not supported");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "control_v11e_sd15_shuffle_fp16.safetensors",
        "control_v11p_sd15_inpaint.safetensors"
      })
  void kindsThatTheirNamesTell(String name, @TempDir Path folder) throws IOException {
    Path file = folder.resolve(name);
    Files.copy(NETS.resolve("sd-original.safetensors"), file);
    assertThatThrownBy(() -> open(file, "sd"))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("not supported");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"in_channels\": 4 | \"in_channels\": 9 | 9 channels of latents",
        "\"conditioning_channels\": 3 | \"conditioning_channels\": 5 | pictures of 5 channels",
        "ControlNetModel | ControlNetUnionModel | (union)",
        "\"global_pool_conditions\": false | \"global_pool_conditions\": true | Shuffle"
      })
  void configurationsThatDoNotFit(String was, String is, String message, @TempDir Path folder)
      throws IOException {
    String config = Files.readString(NETS.resolve("sd/config.json"));
    assertThat(config).contains(was);
    Files.writeString(folder.resolve("config.json"), config.replace(was, is));
    String weights = "diffusion_pytorch_model.safetensors";
    Files.copy(NETS.resolve("sd").resolve(weights), folder.resolve(weights));
    assertThatThrownBy(() -> open(folder, "sd"))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining(message);
  }

  /** Rounded as its weights are: relative root mean square error 5e-2. */
  @Test
  void bfloat16() {
    GoldenTensors golden = GoldenTensors.read("control-nets/sd.safetensors");
    ParameterTree.Kept half = ParameterTree.Kept.as(DType.BF16);
    try (LoadedControlNet net = LoadedControlNet.open(NETS.resolve("sd"), unet("sd"), 8, half)) {
      ControlNetwork network = net.network();
      WayDown.Inputs inputs =
          new WayDown.Inputs(
              golden.tensor("latents").to(DType.BF16),
              golden.tensor("timestep"),
              golden.tensor("text"),
              null,
              null);
      Tensor picture = network.embedded(golden.tensor("picture").to(DType.BF16));
      Tensor middle = network.forward(inputs, picture, STRENGTH).middle();

      assertThat(middle.dtype()).isEqualTo(DType.BF16);
      Tensor exact = golden.tensor("middle");
      double error = middle.to(DType.F32).sub(exact).square().mean().item();
      assertThat(Math.sqrt(error / exact.square().mean().item())).isLessThan(5e-2);
    }
  }

  @Test
  void blueFirst() {
    try (LoadedControlNet net = open(NETS.resolve("sd-b"), "sd")) {
      requireEqual(net, "sd-b");
    }
  }

  /** What describes a file lies beside it. */
  @Test
  void theAuthorsNames(@TempDir Path folder) throws IOException {
    Files.copy(NETS.resolve("sd/config.json"), folder.resolve("config.json"));
    Path file = folder.resolve("control.safetensors");
    Files.copy(NETS.resolve("sd-original.safetensors"), file);
    try (LoadedControlNet net = open(file, "sd")) {
      requireEqual(net, "sd");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"sd15-controlnet", "sdxl-controlnet"})
  void namesAndShapesAtFullSize(String name) throws IOException {
    RecordedShapes recorded = new RecordedShapes();
    ModelConfig config = ModelConfig.read(ROOT.resolve("full-size/" + name + ".json"));
    assertThat(new ControlNetwork(Parameters.of(recorded), ControlNetConfig.of(config)))
        .isNotNull();

    assertThat(recorded.shapes()).isEqualTo(GoldenTensors.shapes("full-size/" + name + ".txt.gz"));
  }

  @Test
  void forAnotherModel() {
    assertThatThrownBy(() -> open(NETS.resolve("sdxl"), "sd"))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("for another UNet")
        .hasMessageContaining("text states of 24")
        .hasMessageContaining("text states of 44");
  }

  @Test
  void aFolderOfSomethingElse() {
    assertThatThrownBy(() -> open(ROOT.resolve("diffusion-tiny/sd/unet"), "sd"))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("wanted a ControlNetModel, found UNet2DConditionModel");
    assertThatThrownBy(() -> open(NETS.resolve("nowhere"), "sd"))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("nowhere");
  }

  @Test
  void leavesNothingBehind() {
    GoldenTensors golden = GoldenTensors.read("control-nets/sd.safetensors");
    long before = LiveHandles.settled();
    for (int i = 0; i < 3; i++) {
      try (TensorScope scope = TensorScope.open();
          LoadedControlNet net = open(NETS.resolve("sd"), "sd")) {
        assertThat(scope).isNotNull();
        forward(net.network(), golden);
      }
    }
    assertThat(TorchRuntime.liveHandles()).isEqualTo(before);
  }
}
