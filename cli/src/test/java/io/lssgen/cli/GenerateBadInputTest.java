package io.lssgen.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.lssgen.tensor.DType;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import io.lssgen.weights.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whatever is wrong is said in one line, with the right exit code, and leaves no file behind. */
class GenerateBadInputTest extends FailingGeneration {
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
        "--dtype fp16 | wanted one of fp32, bf16, auto, found 'fp16'",
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
    Path tooLong = folder.resolve("x".repeat(252) + ".png");
    assertFails(ExitCode.USAGE, generate("a", "-o", tooLong), "256 bytes", "at most 255");
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
}
