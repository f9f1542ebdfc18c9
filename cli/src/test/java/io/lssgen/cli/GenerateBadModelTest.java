package io.lssgen.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.lssgen.nn.Parameters;
import io.lssgen.scaling.LatentUpsampler;
import io.lssgen.scaling.LatentUpsamplerConfig;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import io.lssgen.weights.ParameterShapes;
import io.lssgen.weights.SafetensorsWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Models, parts and upsamplers that are missing, damaged or of another kind. */
class GenerateBadModelTest extends FailingGeneration {
  @Test
  void filesThatAreNoModelsThatCanBeLoaded() throws IOException {
    Path pickle = Files.writeString(folder.resolve("sd.ckpt"), "x");
    assertFails(ExitCode.MODEL, generate("a", "-m", pickle), "sd.ckpt", "pickle");
    Path vae = model.resolve("vae/diffusion_pytorch_model.safetensors");
    assertFails(ExitCode.MODEL, generate("a", "-m", vae), "an autoencoder alone", "--vae");
    TinyModel.unpackSingleFiles(folder);
    Path flux = folder.resolve("flux.safetensors");
    assertFails(ExitCode.MODEL, generate("a", "-m", flux), "has no tokenizer_2", "--components");
    assertFails(ExitCode.USAGE, generate("a", "-m", flux, "--variant", "fp16"), "--variant");
    assertFails(ExitCode.MODEL, generate("a", "--variant", "fp16"), "no weights of variant 'fp16'");
    assertFails(ExitCode.USAGE, generate("a", "--components", model), "--components");
    assertFails(ExitCode.MODEL, generate("a", "--vae", pickle), "sd.ckpt", "pickle");
  }

  @Test
  void oneFileWithAFolderForTheRest() {
    TinyModel.unpackSingleFiles(folder);
    Path flux = folder.resolve("flux.safetensors");
    CommandRun run =
        generate(
            "a", "-m", flux, "--components", model, "-W", 64, "-H", 64, "--steps", 1, "--plain");
    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isEqualTo(ExitCode.OK);
  }

  @Test
  void modelThatIsNotThere() throws IOException {
    assertFails(
        ExitCode.MODEL, generate("a", "-m", folder.resolve("none")), "there is no model at");
    assertFails(ExitCode.MODEL, generate("a", "-m", output), "model_index.json");
    assertFails(
        ExitCode.MODEL, generate("a", "-m", model.resolve("model_index.json")), "is a file");
  }

  @Test
  void componentThatIsMissing() throws IOException {
    Files.move(model.resolve("vae"), folder.resolve("elsewhere"));

    assertFails(ExitCode.MODEL, generate("a"), "'vae' is missing");
  }

  @Test
  void weightsThatAreMissing() throws IOException {
    Files.delete(model.resolve("text_encoder_2/model.safetensors"));

    assertFails(ExitCode.MODEL, generate("a"), "text_encoder_2");
  }

  @Test
  void weightsThatAreCutShort() throws IOException {
    Path weights = model.resolve("transformer/diffusion_pytorch_model.safetensors");
    try (FileChannel channel = FileChannel.open(weights, StandardOpenOption.WRITE)) {
      channel.truncate(channel.size() - 1000);
    }

    assertFails(ExitCode.MODEL, generate("a"), weights.toString());
  }

  @Test
  void weightsThatClaimAnAbsurdHeader() throws IOException {
    Path weights = model.resolve("vae/diffusion_pytorch_model.safetensors");
    ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    Files.write(weights, length.putLong(0, Long.MAX_VALUE).array());

    assertFails(ExitCode.MODEL, generate("a"), weights.toString(), "header");
  }

  @Test
  void weightsThatAreAPickle() throws IOException {
    Files.move(
        model.resolve("transformer/diffusion_pytorch_model.safetensors"),
        model.resolve("transformer/diffusion_pytorch_model.bin"));

    assertFails(ExitCode.MODEL, generate("a"), "pickle");
  }

  @Test
  void weightsOfAnotherShape() throws IOException {
    replace("transformer/config.json", "\"num_layers\": 2", "\"num_layers\": 3");

    assertFails(ExitCode.MODEL, generate("a"), "missing", "transformer_blocks.2");
  }

  @Test
  void familyThatIsNotSupported() throws IOException {
    replace("model_index.json", "FluxPipeline", "AuraFlowPipeline");

    assertFails(
        ExitCode.MODEL, generate("a"), "AuraFlowPipeline", "not supported", "FLUX.1", "SDXL");
  }

  @Test
  void configurationThatIsNoJson() throws IOException {
    Files.writeString(model.resolve("scheduler/scheduler_config.json"), "{");

    assertFails(ExitCode.MODEL, generate("a"), "scheduler_config.json", "JSON");
  }

  @Test
  void defaultsThatAreWrong() throws IOException {
    Files.writeString(model.resolve("lssgen.json"), "{\"steps\": -3}");

    assertFails(ExitCode.MODEL, generate("a"), "lssgen.json", "found -3");
  }

  @Test
  void upsamplerForOtherChannels() throws IOException {
    assertFails(
        ExitCode.MODEL, generate("a", "--upsampler", fourChannels()), "4 channels", "have 16");
  }

  /** An upsampler for latents of 4 channels, as SDXL's. */
  private Path fourChannels() throws IOException {
    Path target = Files.createDirectory(folder.resolve("four"));
    LatentUpsamplerConfig config =
        new LatentUpsamplerConfig(4, List.of(8, 8), List.of(true, false), 4);
    try (TensorScope scope = TensorScope.open()) {
      Map<String, Tensor> weights = new LinkedHashMap<>();
      ParameterShapes.of((Parameters p) -> new LatentUpsampler(p, config))
          .forEach((name, shape) -> weights.put(name, Tensors.full(0, DType.F32, shape)));
      SafetensorsWriter.write(target.resolve("diffusion_pytorch_model.safetensors"), weights);
      assertThat(scope).isNotNull();
    }
    Files.writeString(
        target.resolve("config.json"),
        """
        {"in_channels": 4, "out_channels": 4, "block_out_channels": [8, 8],
         "is_up_samples": [true, false], "norm_num_groups": 4}
        """);
    return target;
  }

  @Test
  void upsamplerThatIsMissing() throws IOException {
    assertFails(
        ExitCode.MODEL, generate("a", "--upsampler", folder.resolve("none")), "config.json");
    Files.move(model.resolve("upsampler"), folder.resolve("elsewhere"));
    Path config = model.resolve("vae/config.json"); // latents that no upsampler comes along for
    Files.writeString(config, Files.readString(config).replace("0.3611", "0.5"));
    assertFails(ExitCode.MODEL, generate("a"), "--upsampler");
  }

  private void replace(String file, String old, String replacement) throws IOException {
    String text = Files.readString(model.resolve(file));
    assertThat(text).contains(old);
    Files.writeString(model.resolve(file), text.replace(old, replacement));
  }
}
