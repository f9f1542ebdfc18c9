package io.lssgen.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.lssgen.nn.Parameters;
import io.lssgen.scaling.LatentUpsampler;
import io.lssgen.scaling.LatentUpsamplerConfig;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import io.lssgen.tensor.TorchRuntime;
import io.lssgen.weights.ParameterShapes;
import io.lssgen.weights.SafetensorsWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whatever is wrong is said in one line, with the right exit code, and leaves no file behind. */
class GenerateBadInputTest {
  @TempDir Path folder;
  private Path model;
  private Path output;

  @BeforeAll
  static void useOneThread() {
    TorchRuntime.threads(1); // tiny tensors: more threads only wait for each other
  }

  @BeforeEach
  void createModel() throws IOException {
    model = TinyModel.create(folder.resolve("tiny"));
    output = Files.createDirectory(folder.resolve("output"));
  }

  private CommandRun generate(Object... more) {
    List<Object> arguments = new ArrayList<>(List.of("generate"));
    arguments.addAll(Arrays.asList(more));
    Map.of("-m", model, "-o", output)
        .forEach(
            (flag, path) -> {
              if (!arguments.contains(flag)) {
                arguments.addAll(List.of(flag, path));
              }
            });
    return CommandRun.of(arguments.toArray());
  }

  private void assertFails(int code, CommandRun run, String... parts) throws IOException {
    assertThat(run.err()).matches("lssgen: \\V+\\R").contains(parts);
    assertThat(run.out()).isEmpty();
    assertThat(run.code()).isEqualTo(code);
    try (Stream<Path> left = Files.list(output)) {
      assertThat(left).isEmpty();
    }
  }

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

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "-W 100 | 96x64",
        "-W 80 -H 64 | 64x64",
        "-W 0 | found 0x64",
        "-W 32768 -H 32768 | found 32768x32768",
        "--steps 0 | found 0",
        "--steps x | option '--steps': wanted a whole number up to 2147483647, found 'x'",
        "--steps 1001 | 1000",
        "--guidance -1 | found -1",
        "--guidance much | option '--guidance': wanted a number, found 'much'",
        "--cfg-scale 0.5 | found 0.5",
        "--start-sigma 1.5 | found 1.5",
        "--sampling-method dpm2 | dpm++2m_sde",
        "--sampling-method ddim | flow model",
        "--scheduler cosine | sgm_uniform",
        "--guidance-rescale 2 | found 2.0",
        "--start-sigma 0 | found 0",
        "--min-size 0 | at least 1",
        "--min-size 8 | at least 16",
        "--seed -2 | found -2",
        "--seed 1e9 | wanted a whole number up to 9223372036854775807, found '1e9'",
        "--batch-count 0 | found 0",
        "--scaling magic | wanted one of neural, bicubic, pixel, dct, none, found 'magic'",
        "--dtype fp16 | wanted one of fp32, bf16, found 'fp16'",
        "--threads 0 | found 0",
        "--shorten-intermediate-steps perhaps | wanted true or false, found 'perhaps'",
        "--format xml | option '--format': wanted one of human, json, quiet, found 'xml'",
        "--colour red | lssgen: generate has no option '--colour'; ",
      })
  void flagsOutOfRange(String flags, String part) throws IOException {
    List<Object> arguments = new ArrayList<>(List.of("a red apple"));
    arguments.addAll(List.of(flags.strip().split(" ")));

    assertFails(ExitCode.USAGE, generate(arguments.toArray()), part.strip());
  }

  @Test
  void noPrompt() throws IOException {
    assertFails(ExitCode.USAGE, generate(), "the prompt is empty");
    assertFails(ExitCode.USAGE, generate(""), "the prompt is empty");
    assertFails(ExitCode.USAGE, generate("-p", " \t"), "the prompt is empty");
    assertFails(ExitCode.USAGE, generate("a", "-p", "b"), "twice");
  }

  @Test
  void outputThatCannotBeWritten() throws IOException {
    assertFails(
        ExitCode.USAGE, generate("a", "-o", folder.resolve("none/a.png")), "none", "make it first");
    assertFails(ExitCode.USAGE, generate("a", "-o", folder.resolve("a.jpg")), ".png");
    assertFails(ExitCode.USAGE, generate("a", "-o", folder.resolve("%s.png")), "%03d");
    assertFails(
        ExitCode.USAGE, generate("a", "-b", "2", "-o", folder.resolve("a.png")), "a_%03d.png");
  }

  @Test
  void latentsThatCannotBeSaved() throws IOException {
    Path none = folder.resolve("none/l.safetensors");
    // The model does not exist: these are refused before it is looked for.
    Path missing = folder.resolve("no-model");
    assertFails(
        ExitCode.USAGE, generate("a", "-m", missing, "--save-latents", none), "make it first");
    assertFails(
        ExitCode.USAGE, generate("a", "-m", missing, "--save-latents", output), "found a folder");
    assertFails(
        ExitCode.USAGE,
        generate("a", "-m", missing, "--save-latents", output.resolve("out_017.png")),
        "out_%03d.png");
    Path picture = output.resolve("a.png");
    Path same = output.resolve("../output/a.png");
    assertFails(
        ExitCode.USAGE,
        generate("a", "-m", missing, "-o", picture, "--save-latents", same, "--overwrite"),
        "choose another");
  }

  @Test
  void outputFolderThatMayNotBeWritten() throws IOException {
    assumeTrue(output.toFile().setWritable(false) && !Files.isWritable(output), "not as root");
    try {
      assertFails(ExitCode.USAGE, generate("a"), "permission denied");
    } finally {
      assertThat(output.toFile().setWritable(true)).isTrue();
    }
  }

  @Test
  void fullDisk() throws Exception {
    Path disk = Files.createDirectory(folder.resolve("disk"));
    assumeTrue(succeeds("mount", "-t", "tmpfs", "-o", "size=8k", "none", disk.toString()));
    try {
      Files.write(disk.resolve("filler"), new byte[4096]);
      CommandRun run = generate("a red apple", "-o", disk.resolve("a.png"));

      assertThat(run.err()).matches("lssgen: cannot write \\V+\\R").contains("nothing was written");
      assertThat(run.code()).isEqualTo(ExitCode.FAILURE);
      try (Stream<Path> left = Files.list(disk)) {
        assertThat(left).containsExactly(disk.resolve("filler"));
      }
    } finally {
      assertThat(succeeds("umount", disk.toString())).isTrue();
    }
  }

  private static boolean succeeds(String... command) throws InterruptedException {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      return process.waitFor(10, TimeUnit.SECONDS) && process.exitValue() == 0;
    } catch (IOException e) {
      return false;
    }
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
    replace("model_index.json", "FluxPipeline", "StableDiffusion3Pipeline");

    assertFails(
        ExitCode.MODEL,
        generate("a"),
        "StableDiffusion3Pipeline",
        "not supported",
        "FLUX.1",
        "SDXL");
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

  @Test
  void latentsThatDoNotFit() throws IOException {
    Path noise = folder.resolve("noise.safetensors");
    try (TensorScope scope = TensorScope.open()) {
      SafetensorsWriter.write(noise, Map.of("latents", Tensors.full(0, DType.F32, 1, 16, 8, 8)));
      assertThat(scope).isNotNull();
    }

    assertFails(ExitCode.USAGE, generate("a", "--latents", noise), "[1, 16, 4, 4]");
    assertFails(
        ExitCode.USAGE,
        generate("a", "-b", "2", "--latents", noise),
        "for 1 image(s), the request is for 2");
    assertFails(ExitCode.MODEL, generate("a", "--latents", folder.resolve("none")), "no such file");
  }

  private void replace(String file, String old, String replacement) throws IOException {
    String text = Files.readString(model.resolve(file));
    assertThat(text).contains(old);
    Files.writeString(model.resolve(file), text.replace(old, replacement));
  }
}
