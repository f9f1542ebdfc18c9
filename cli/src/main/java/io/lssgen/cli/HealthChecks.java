package io.lssgen.cli;

import static io.lssgen.cli.HealthCheck.failed;
import static io.lssgen.cli.HealthCheck.ok;
import static io.lssgen.cli.HealthCheck.warning;

import io.lssgen.cli.HealthCheck.Finding;
import io.lssgen.files.AtomicFile.IfExists;
import io.lssgen.image.PngWriter;
import io.lssgen.image.RgbImage;
import io.lssgen.pipeline.EmbeddedModel;
import io.lssgen.pipeline.GenerationRequest;
import io.lssgen.pipeline.GenerationResult;
import io.lssgen.pipeline.Machine;
import io.lssgen.pipeline.PipelineLoader;
import io.lssgen.pipeline.TextToImage;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Processor;
import io.lssgen.tensor.Rng;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import io.lssgen.tensor.TorchRuntime;
import io.lssgen.weights.Checkpoint;
import io.lssgen.weights.WeightsFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What {@code doctor} looks at, in the order in which one rests on the other. */
final class HealthChecks {
  static final List<HealthCheck> ALL =
      List.of(
          new HealthCheck("java", HealthChecks::java),
          new HealthCheck("processor", HealthChecks::processor),
          new HealthCheck("memory", HealthChecks::memory),
          new HealthCheck("disk", HealthChecks::disk),
          new HealthCheck("libtorch", HealthChecks::natives),
          new HealthCheck("tensors", HealthChecks::tensors),
          new HealthCheck("speed", HealthChecks::speed),
          new HealthCheck("openblas", () -> openBlas(System.getenv("OPENBLAS_CORETYPE"))),
          new HealthCheck("default model", HealthChecks::model),
          new HealthCheck("picture file", HealthChecks::picture));

  private static final int JAVA = 17;
  private static final long WANTED_MEMORY = 3L << 30;
  private static final long WANTED_DISK = 1L << 30;
  private static final int MATRIX = 512;
  private static final int ROUNDS = 20;
  private static final int SIDE = 256;

  private HealthChecks() {}

  private static Finding java() {
    int version = Runtime.version().feature();
    String text = "Java " + System.getProperty("java.version");
    return version >= JAVA ? ok(text) : failed(text + ", wanted 17 or newer");
  }

  private static Finding processor() {
    String text = Processor.name() + ": " + String.join(" ", Processor.flags());
    return ok(
        text
            + (Processor.multipliesBf16()
                ? "; --dtype auto is bf16"
                : "; no bf16 instructions, so --dtype auto is fp32"));
  }

  private static Finding memory() {
    if (Machine.memory().isEmpty()) {
      return warning("the system does not tell how much there is");
    }
    long bytes = Machine.memory().getAsLong();
    String text = (bytes >> 20) + " MiB";
    return bytes >= WANTED_MEMORY
        ? ok(text)
        : warning(text + "; the default model wants up to 3072 MiB");
  }

  /** libtorch is unpacked into JavaCPP's cache on first use. */
  private static Finding disk() throws IOException {
    Path cache =
        Path.of(
            System.getProperty(
                "org.bytedeco.javacpp.cachedir",
                System.getProperty("user.home") + "/.javacpp/cache"));
    Path there = cache.toAbsolutePath();
    while (there != null && Files.notExists(there)) {
      there = there.getParent();
    }
    if (there == null) {
      return failed("no folder above " + cache + " exists");
    }
    long free = Files.getFileStore(there).getUsableSpace();
    String text = "%d MiB free for %s".formatted(free >> 20, cache);
    if (!Files.isWritable(there)) {
      return failed(text + ", which may not be written; set -Dorg.bytedeco.javacpp.cachedir");
    }
    return free >= WANTED_DISK
        ? ok(text)
        : warning(text + "; unpacking libtorch wants some 450 MiB the first time");
  }

  private static Finding natives() {
    TorchRuntime.initialise();
    String text = "%s, %d thread(s)".formatted(TorchRuntime.version(), TorchRuntime.threads());
    return TorchRuntime.threadsSleep()
        ? ok(text)
        : warning(
            text
                + " that spin while they wait, slow in fp32; set OMP_WAIT_POLICY=passive and"
                + " OPENBLAS_THREAD_TIMEOUT=12");
  }

  /** The first normal that torch's generator gives for seed 42 is known. */
  private static Finding tensors() {
    try (TensorScope scope = TensorScope.open();
        Rng rng = new Rng(42)) {
      float first = scope.keep(rng.randn(1)).consume(Tensor::toFloatArray)[0];
      double sum =
          Tensors.full(2, DType.F32, 3, 3).matmul(Tensors.full(3, DType.F32, 3, 1)).sum().item();
      boolean right = Math.abs(first - 0.33669037f) < 1e-6 && sum == 54;
      String text = "randn %s, matmul %s".formatted(first, sum);
      return right ? ok(text) : failed(text + ", wanted 0.33669037 and 54.0");
    }
  }

  private static Finding speed() {
    double single = gigaflops(DType.F32);
    double half = gigaflops(DType.BF16);
    String text =
        String.format(Locale.ROOT, "matmul at %.0f GFLOPS in fp32, %.0f in bf16", single, half);
    return ok(half > single ? text + ": --dtype bf16 pays" : text + ": stay with fp32");
  }

  private static double gigaflops(DType type) {
    try (TensorScope scope = TensorScope.open();
        Rng rng = new Rng(1)) {
      Tensor matrix = scope.keep(rng.randn(MATRIX, MATRIX)).to(type);
      matrix.matmul(matrix).close(); // the first one sets things up
      long begin = System.nanoTime();
      for (int i = 0; i < ROUNDS; i++) {
        matrix.matmul(matrix).close();
      }
      return 2.0 * MATRIX * MATRIX * MATRIX * ROUNDS / (System.nanoTime() - begin);
    }
  }

  static Finding openBlas(@Nullable String coreType) {
    return coreType == null
        ? ok("chooses its kernels itself")
        : warning(
            "OPENBLAS_CORETYPE=%s fixes the kernels of fp32 matmul, which can halve its speed; unset it"
                .formatted(coreType));
  }

  /**
   * Opens the model, which checks every name, shape and length, makes a tiny picture, reads all.
   */
  private static Finding model() throws IOException {
    if (!EmbeddedModel.isPresent()) {
      return warning("not part of this build: name a model folder with generate --model");
    }
    Path folder = EmbeddedModel.folder();
    try (TextToImage model = PipelineLoader.of(folder).load()) {
      GenerationRequest request =
          GenerationRequest.builder("a red circle").size(SIDE, SIDE).steps(1).plain(true).build();
      GenerationResult result = model.generate(request);
      String text =
          String.format(
              Locale.ROOT,
              "%s, %s, %d MiB; a step at %dx%d and its picture in %.1f s",
              model.defaults().name(),
              model.family(),
              bytes(folder) >> 20,
              SIDE,
              SIDE,
              result.times().total());
      String damaged = notFinite(folder);
      return damaged.isEmpty() ? ok(text) : failed("values that are no numbers in " + damaged);
    }
  }

  private static long bytes(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum();
    }
  }

  /** The first tensor with a NaN or an infinity in it; empty if there is none. */
  static String notFinite(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".safetensors")).toList()) {
        try (Checkpoint weights = Checkpoint.open(file)) {
          for (WeightsFile part : weights.files()) {
            for (String name : part.entries().keySet()) {
              try (TensorScope scope = TensorScope.open();
                  Tensor tensor = scope.keep(part.tensor(name))) {
                if (tensor.dtype().isFloating() && !tensor.allFinite()) {
                  return file + ", tensor " + name;
                }
              }
            }
          }
        }
      }
    }
    return "";
  }

  private static Finding picture() throws IOException {
    Path folder = Files.createTempDirectory("lssgen-doctor");
    Path file = folder.resolve("tiny.png");
    try {
      PngWriter.write(file, new RgbImage(1, 1, new byte[3]), List.of(), IfExists.REFUSE);
      return ok("written to and removed from " + folder.getParent());
    } finally {
      Files.deleteIfExists(file);
      Files.deleteIfExists(folder);
    }
  }
}
