package io.lssgen.cli;

import io.lssgen.errors.UsageException;
import io.lssgen.pipeline.EmbeddedModel;
import io.lssgen.pipeline.GenerationListener;
import io.lssgen.pipeline.GenerationRequest;
import io.lssgen.pipeline.GenerationResult;
import io.lssgen.pipeline.LatentsFile;
import io.lssgen.pipeline.PipelineLoader;
import io.lssgen.pipeline.TextToImage;
import io.lssgen.sampling.Cancellation;
import io.lssgen.sampling.CancelledException;
import io.lssgen.scaling.ScalingSpace;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.TorchRuntime;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Makes pictures from a prompt. */
@Command(
    name = "generate",
    description = "Makes pictures from a prompt.",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    abbreviateSynopsis = true,
    footer = {
      "",
      "Exit codes: 0 done, 1 failure, 2 usage, 3 model missing or corrupt, 4 out of memory,",
      "130 interrupted. Ctrl-C once finishes the picture under way, twice aborts."
    })
final class GenerateCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "PROMPT",
      description = "What the picture shows.")
  private @Nullable String words;

  @Option(
      names = {"-m", "--model"},
      paramLabel = "DIR",
      description = "Model folder in the diffusers layout. Default: the model that comes along.")
  private @Nullable Path model;

  @Option(
      names = {"-p", "--prompt"},
      paramLabel = "TEXT",
      description = "The prompt, instead of PROMPT.")
  private @Nullable String prompt;

  @Option(
      names = {"-n", "--negative-prompt"},
      paramLabel = "TEXT",
      description = "What the picture shall not show; needs --cfg-scale above 1.")
  private String negativePrompt = "";

  @Option(
      names = {"-W", "--width"},
      paramLabel = "PIXELS",
      description = "Width. Default: the model's.")
  private @Nullable Integer width;

  @Option(
      names = {"-H", "--height"},
      paramLabel = "PIXELS",
      description = "Height. Default: the model's.")
  private @Nullable Integer height;

  @Option(
      names = "--steps",
      paramLabel = "N",
      description = "Steps that a run without scaling has. Default: the model's.")
  private @Nullable Integer steps;

  @Option(
      names = "--guidance",
      paramLabel = "SCALE",
      description = "Guidance that a distilled model is told. Default: the model's.")
  private @Nullable Double guidance;

  @Option(
      names = "--cfg-scale",
      paramLabel = "SCALE",
      description =
          "Classifier-free guidance, two evaluations a step; 1 is off. Default: the model's.")
  private @Nullable Double cfgScale;

  @Option(
      names = {"-s", "--seed"},
      paramLabel = "N",
      defaultValue = "-1",
      description = "Seed of the first picture, the next ones count up. Default: -1, by chance.")
  private long seed;

  @Option(
      names = {"-b", "--batch-count"},
      paramLabel = "N",
      defaultValue = "1",
      description = "How many pictures. Default: 1.")
  private int images;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      description =
          "File, folder or pattern with a number; a pattern takes the next free number. Default:"
              + " out_%%03d.png.") // picocli formats this text
  private @Nullable Path output;

  @Option(
      names = "--overwrite",
      description = "Let --output and --save-latents replace files that are there.")
  private boolean overwrite;

  @Option(
      names = "--upsampler",
      paramLabel = "DIR",
      description = "Latent upsampler. Default: the folder upsampler in the model's.")
  private @Nullable Path upsampler;

  @Option(
      names = "--min-size",
      paramLabel = "PIXELS",
      description = "Smallest side of a stage. Default: the model's.")
  private @Nullable Integer minSize;

  @Option(
      names = "--start-sigma",
      paramLabel = "SIGMA",
      description = "Noise level at which later stages begin, up to 1. Default: the model's.")
  private @Nullable Double startSigma;

  @Option(
      names = "--shorten-intermediate-steps",
      arity = "1",
      paramLabel = "true|false",
      description = "Fewer steps for stages below the base size. Default: the model's.")
  private @Nullable Boolean shorten;

  @Option(
      names = "--scaling",
      paramLabel = "SPACE",
      description = "Where latents are scaled: neural (default), bicubic, pixel or none.")
  private @Nullable ScalingSpace scaling;

  @Option(names = "--plain", description = "No scaling and no shortening: the plain pipeline.")
  private boolean plain;

  @Option(
      names = "--dtype",
      paramLabel = "TYPE",
      description = "What the model computes in: fp32 or bf16. Default: the model's, mostly fp32.")
  private @Nullable Precision precision;

  @Option(
      names = {"-t", "--threads"},
      paramLabel = "N",
      description = "Threads of tensor operations. Default: one for each processor.")
  private @Nullable Integer threads;

  @Option(
      names = "--save-latents",
      paramLabel = "FILE",
      description =
          "Write the clean latents of each stage as stage0, stage1, … and final (safetensors).")
  private @Nullable Path saveLatents;

  @Option(
      names = "--latents",
      paramLabel = "FILE",
      description = "Begin with this noise: [images, C, h, w] of the first stage (safetensors).")
  private @Nullable Path latents;

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      defaultValue = "human",
      description = "Report as human (default), json or quiet.")
  private OutputFormat format = OutputFormat.HUMAN;

  @Option(
      names = {"-v", "--verbose"},
      description = "Also print the plan of stages.")
  private boolean verbose;

  /** Types the model can compute in. */
  enum Precision {
    FP32(DType.F32),
    BF16(DType.BF16);

    private final DType type;

    Precision(DType type) {
      this.type = type;
    }

    DType type() {
      return type;
    }
  }

  @Override
  public Integer call() {
    GenerationRequest request = request();
    OutputNames names = OutputNames.of(output, images, overwrite);
    if (saveLatents != null) {
      OutputNames.requireFree(saveLatents, overwrite);
    }
    if (threads != null) {
      if (threads < 1) {
        throw new UsageException("threads must be at least 1, found " + threads);
      }
      TorchRuntime.threads(threads);
    }
    long begin = System.nanoTime();
    try (TextToImage pipeline = load()) {
      double loadSeconds = (System.nanoTime() - begin) / 1e9;
      return generate(pipeline, request, names, loadSeconds);
    } catch (CancelledException e) {
      err().println("lssgen: aborted");
      return ExitCode.INTERRUPTED;
    }
  }

  private GenerationRequest request() {
    if (words != null && prompt != null) {
      throw new UsageException("the prompt is given twice, as PROMPT and with --prompt; drop one");
    }
    String text = prompt != null ? prompt : words != null ? words : "";
    GenerationRequest.Builder builder =
        GenerationRequest.builder(text)
            .negativePrompt(negativePrompt)
            .seed(seed)
            .images(images)
            .plain(plain)
            .keepStageLatents(saveLatents != null);
    set(width, builder::width);
    set(height, builder::height);
    set(steps, builder::steps);
    set(guidance, builder::guidance);
    set(cfgScale, builder::cfgScale);
    set(minSize, builder::minSize);
    set(startSigma, builder::startSigma);
    set(shorten, builder::shorten);
    set(scaling, builder::scaling);
    if (latents != null) {
      builder.latents(LatentsFile.readInitial(latents));
    }
    return builder.build();
  }

  private static <T> void set(@Nullable T value, Consumer<T> setter) {
    if (value != null) {
      setter.accept(value);
    }
  }

  private TextToImage load() {
    PipelineLoader loader = PipelineLoader.of(model == null ? EmbeddedModel.folder() : model);
    if (precision != null) {
      loader = loader.dtype(precision.type);
    }
    return (upsampler == null ? loader : loader.upsampler(upsampler)).load();
  }

  private int generate(
      TextToImage pipeline, GenerationRequest request, OutputNames names, double loadSeconds) {
    PictureFiles files = new PictureFiles(names, pipeline, request);
    Cancellation cancellation = new Cancellation();
    GenerationResult result;
    try (Interrupts interrupts = Interrupts.listen(cancellation, err());
        ProgressDisplay progress = new ProgressDisplay(images, err())) {
      result = pipeline.generate(request, listener(files, progress), cancellation);
    }
    if (saveLatents != null && !result.images().isEmpty()) {
      LatentsFile.write(saveLatents, result.stageLatents());
    }
    report(new GenerationReport(request, result, pipeline, files.written(), loadSeconds));
    return result.images().size() < images ? ExitCode.INTERRUPTED : ExitCode.OK;
  }

  private GenerationListener listener(PictureFiles files, ProgressDisplay progress) {
    boolean shown = format != OutputFormat.QUIET && Terminal.showsErrors();
    return shown ? new Both(files, progress) : files;
  }

  private void report(GenerationReport report) {
    PrintWriter out = spec.commandLine().getOut();
    switch (format) {
      case HUMAN -> {
        report.warnings().forEach(warning -> err().println("lssgen: warning: " + warning));
        out.print(report.human(verbose));
      }
      case JSON -> out.println(report.json(saveLatents));
      case QUIET -> {}
    }
    out.flush();
    err().flush();
  }

  private PrintWriter err() {
    return spec.commandLine().getErr();
  }
}
