package io.lssgen.cli;

import io.lssgen.errors.LssGenException;
import io.lssgen.errors.UsageException;
import io.lssgen.files.AtomicFile.IfExists;
import io.lssgen.pipeline.GenerationRequest;
import io.lssgen.pipeline.GenerationResult;
import io.lssgen.pipeline.LatentsFile;
import io.lssgen.pipeline.Recipe;
import io.lssgen.pipeline.TextToImage;
import io.lssgen.sampling.Cancellation;
import io.lssgen.sampling.CancelledException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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
      "Exit codes: 0 done, 1 failure, 2 usage, 3 model missing or corrupt,",
      "4 out of memory, 5 batch failed after its first pictures, 130 interrupted.",
      "Ctrl-C once finishes the picture under way, twice aborts."
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
      names = {"-p", "--prompt"},
      paramLabel = "TEXT",
      description = "The prompt, instead of PROMPT.")
  private @Nullable String prompt;

  @Option(
      names = {"-n", "--negative-prompt"},
      paramLabel = "TEXT",
      description = "What the picture shall not show; needs --cfg-scale above 1.")
  private @Nullable String negativePrompt;

  @Option(
      names = "--prompt-file",
      paramLabel = "FILE",
      description = "File with the prompt (UTF-8), instead of PROMPT; - is standard input.")
  private @Nullable String promptFile;

  @Mixin private SizeOptions size = new SizeOptions();

  @Mixin private InitialPictureOptions begin = new InitialPictureOptions();

  @Mixin private ControlOptions controls = new ControlOptions();

  @Mixin private SamplingOptions sampling = new SamplingOptions();

  @Option(
      names = {"-s", "--seed"},
      paramLabel = "N",
      description = "Seed of the first picture, the next ones count up. Default: -1, by chance.")
  private @Nullable Long seed;

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

  @Mixin private RepeatOptions repeat = new RepeatOptions();

  @Mixin private FormatOption format = new FormatOption();

  @Option(
      names = {"-v", "--verbose"},
      description = "Also print the plan of stages.")
  private boolean verbose;

  @Override
  public Integer call() {
    repeat.read(sampling);
    GenerationRequest request = request();
    OutputNames names = OutputNames.of(output, images, overwrite);
    if (saveLatents != null) {
      OutputNames.requireTarget(saveLatents, overwrite);
      names.requireOther(saveLatents);
    }
    sampling.applyThreads();
    sampling.find(err(), format.chosen());
    long begin = System.nanoTime();
    try (TextToImage pipeline = sampling.load()) {
      double loadSeconds = (System.nanoTime() - begin) / 1e9;
      return generate(pipeline, request, names, loadSeconds);
    } catch (CancelledException e) {
      err().println("lssgen: aborted");
      return ExitCode.INTERRUPTED;
    }
  }

  private GenerationRequest request() {
    GenerationRequest.Builder builder =
        sampling
            .apply(repeat.request(replaced(), begin, controls.count(), latents != null))
            .images(images)
            .keepImages(false) // their files are written as they come
            .keepStageLatents(saveLatents != null);
    SamplingOptions.set(prompt(), builder::prompt);
    SamplingOptions.set(negativePrompt, builder::negativePrompt);
    SamplingOptions.set(seed, builder::seed);
    size.apply(builder);
    begin.apply(builder, repeat);
    controls.apply(
        builder, repeat.followed(), net -> sampling.findBeside(net, err(), format.chosen()));
    if (latents != null) {
      builder.latents(LatentsFile.readInitial(latents));
    }
    return builder.build();
  }

  /** Names of the settings of a picture that is made again which options take the place of. */
  private Set<String> replaced() {
    Set<String> names = sampling.replaced();
    SamplingOptions.set(seed, value -> names.add("Seed"));
    if (size.isWhole()) {
      names.add("Size");
    }
    return names;
  }

  /** The prompt that was given, in one of three ways; null without one. */
  private @Nullable String prompt() {
    if (Stream.of(words, prompt, promptFile).filter(Objects::nonNull).count() > 1) {
      throw new UsageException(
          "the prompt is given twice, of PROMPT, --prompt and --prompt-file; drop one");
    }
    return promptFile != null ? PromptFile.read(promptFile) : prompt != null ? prompt : words;
  }

  private int generate(
      TextToImage pipeline, GenerationRequest request, OutputNames names, double loadSeconds) {
    Recipe recipe = pipeline.recipe(request);
    List<String> differences = repeat.differences(recipe);
    PictureFiles files = new PictureFiles(names, recipe);
    GenerationResult result;
    try {
      result = run(pipeline, request, files);
    } catch (CancelledException e) {
      throw e;
    } catch (LssGenException e) {
      if (files.written().isEmpty()) {
        throw e;
      }
      return reportPart(files.written(), e);
    }
    boolean complete = result.seeds().size() == images;
    GenerationReport report =
        new GenerationReport(result, files.written(), loadSeconds, differences, Optional.empty());
    saveLatents(report);
    Optional<Verification> verification = verify(report);
    report(report.with(verification), saveLatents);
    if (!complete) {
      return ExitCode.INTERRUPTED;
    }
    return verification.map(Verification::same).orElse(true) ? ExitCode.OK : ExitCode.FAILURE;
  }

  private GenerationResult run(
      TextToImage pipeline, GenerationRequest request, PictureFiles files) {
    Cancellation cancellation = new Cancellation();
    boolean shown = format.chosen() != OutputFormat.QUIET && Terminal.showsErrors();
    try (Interrupts interrupts = Interrupts.listen(cancellation, err());
        ProgressDisplay progress = new ProgressDisplay(images, err())) {
      return pipeline.generate(request, shown ? files.and(progress) : files, cancellation);
    }
  }

  /** The pictures are there, whatever becomes of the comparison. */
  private Optional<Verification> verify(GenerationReport report) {
    try {
      return repeat.verify(report.pictures(), report.differences());
    } catch (LssGenException e) {
      report(report, saveLatents);
      throw e;
    }
  }

  /** The pictures are there, whatever becomes of the latents. */
  private void saveLatents(GenerationReport report) {
    if (saveLatents != null) {
      try {
        IfExists ifExists = overwrite ? IfExists.REPLACE : IfExists.REFUSE;
        LatentsFile.write(saveLatents, report.result().stageLatents(), ifExists);
      } catch (LssGenException e) {
        report(report, null);
        throw e;
      }
    }
  }

  private void report(GenerationReport report, @Nullable Path writtenLatents) {
    PrintWriter out = spec.commandLine().getOut();
    switch (format.chosen()) {
      case HUMAN -> {
        report
            .warnings()
            .forEach(text -> err().println("lssgen: warning: " + ErrorReport.oneLine(text)));
        out.print(report.human(verbose));
      }
      case JSON -> out.println(report.json(writtenLatents));
      case QUIET -> {}
    }
    out.flush();
    err().flush();
  }

  private int reportPart(List<PictureFiles.Written> pictures, LssGenException failure) {
    PartialReport report = new PartialReport(pictures, ErrorReport.oneLine(failure.getMessage()));
    format.print(spec.commandLine().getOut(), report::human, report::json);
    err().println(ErrorReport.line(failure));
    return ExitCode.PARTIAL_BATCH;
  }

  private PrintWriter err() {
    return spec.commandLine().getErr();
  }
}
