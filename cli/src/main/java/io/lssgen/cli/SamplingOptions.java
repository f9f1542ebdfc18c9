package io.lssgen.cli;

import io.lssgen.lora.Lora;
import io.lssgen.pipeline.EmbeddedModel;
import io.lssgen.pipeline.GenerationRequest;
import io.lssgen.pipeline.PipelineLoader;
import io.lssgen.pipeline.TextToImage;
import io.lssgen.scaling.ScalingSpace;
import io.lssgen.schedule.SamplingMethod;
import io.lssgen.schedule.SigmaSchedule;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * The model and how it samples: what every command that makes pictures has in common. What is not
 * named is as the model's defaults say, so that all of them make the same pictures.
 */
final class SamplingOptions {
  @Option(
      names = {"-m", "--model", "--diffusion-model"},
      paramLabel = "MODEL",
      description =
          "Model: a folder in the diffusers layout, a file with SD1.5, SDXL, Playground, FLUX or"
              + " SD3,"
              + " org/name[@revision] on the Hugging Face hub, which is fetched once, or one that"
              + " comes along by its name. Default: emoji-flux, which comes along.")
  private @Nullable Path model;

  @Mixin private LoadingOptions loading = new LoadingOptions();

  @Option(
      names = "--lora",
      paramLabel = "FILE[:WEIGHT]",
      description = "LoRA to change the model by, at weight 1 unless one is named; repeatable.")
  private List<String> loras = new ArrayList<>();

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
      names = "--guidance-rescale",
      paramLabel = "SHARE",
      description =
          "How far classifier-free guidance leaves the contrast as it was, 0 to 1. Default: 0.")
  private @Nullable Double guidanceRescale;

  @Option(
      names = "--sampling-method",
      completionCandidates = Choices.SamplingMethods.class,
      paramLabel = "NAME",
      description =
          "euler, euler_a, heun, dpm++2m, dpm++2m_sde, ddim, pndm, lms, unipc or lcm; of flow models"
              + " euler, heun, dpm++2m, dpm++2m_sde or lcm. Default: the model's.")
  private @Nullable SamplingMethod samplingMethod;

  @Option(
      names = "--scheduler",
      completionCandidates = Choices.SigmaSchedules.class,
      paramLabel = "NAME",
      description =
          "Spacing of the noise levels: discrete, karras, exponential, beta, sgm_uniform or simple."
              + " Default: the model's.")
  private @Nullable SigmaSchedule sigmaSchedule;

  @Option(
      names = "--clip-skip",
      paramLabel = "N",
      description = "Layer of CLIP that is read, 1 being the last. Default: the model family's.")
  private @Nullable Integer clipSkip;

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
      completionCandidates = Choices.Spaces.class,
      paramLabel = "SPACE",
      description = "Where latents are scaled: neural (default), bicubic, pixel, dct or none.")
  private @Nullable ScalingSpace scaling;

  @Option(names = "--plain", description = "No scaling and no shortening: the plain pipeline.")
  private boolean plain;

  @Mixin private ThreadsOption threads = new ThreadsOption();

  private @Nullable Path modelFolder;

  /** Whether there is a model to use: one was named, or one comes along. */
  boolean hasModel() {
    return model != null || EmbeddedModel.isPresent();
  }

  /**
   * Finds the model, its parts from elsewhere and the upsampler that were named, and fetches what
   * is on the hub alone: before anything below is called.
   *
   * @param err where progress is shown
   */
  void find(PrintWriter err, OutputFormat format) {
    modelFolder = model == null ? null : loading.find(model, err, format);
    loading.findParts(this::folder, err, format);
  }

  /**
   * Where a network is that stands beside the model, which is fetched if it is on the hub alone.
   */
  Path findBeside(Path named, PrintWriter err, OutputFormat format) {
    return loading.findBeside(named, err, format);
  }

  /** The model's folder. */
  Path folder() {
    if (model != null && modelFolder == null) {
      throw new IllegalStateException("the model was not looked for: find() comes first");
    }
    return modelFolder == null ? EmbeddedModel.folder() : modelFolder;
  }

  /** The folder of its autoencoder; a file where that was named. */
  Path vae() {
    return loading.replacedVae().orElseGet(() -> folder().resolve("vae"));
  }

  /** Makes tensor operations use as many threads as was asked for. */
  void applyThreads() {
    threads.apply();
  }

  /** Loads the model; the caller closes it. */
  TextToImage load() {
    return load(loading.copies());
  }

  /**
   * Loads the model; the caller closes it.
   *
   * @param keepTextEncoders whether they stay in memory while pictures are made
   */
  TextToImage load(boolean keepTextEncoders) {
    PipelineLoader loader = loading.loader(folder()).keepTextEncoders(keepTextEncoders);
    return loading.loraFolder().map(loader::loraFolder).orElse(loader).load();
  }

  /** Takes the model of this name that comes along, unless another was named. */
  void suggestModel(String name) {
    if (model == null) {
      model = Path.of(name);
    }
  }

  /** Whether a model was named. */
  boolean namesModel() {
    return model != null;
  }

  /** Names of the LoRAs that were named with their files. */
  List<String> loraNames() {
    return loras.stream().map(Lora::parse).map(Lora::name).toList();
  }

  /** Names of the pictures' settings that options take the place of. */
  Set<String> replaced() {
    Set<String> names = new HashSet<>();
    set(steps, value -> names.add("Steps"));
    set(guidance, value -> names.add("Distilled CFG Scale"));
    set(cfgScale, value -> names.add("CFG scale"));
    set(guidanceRescale, value -> names.add("CFG Rescale"));
    set(clipSkip, value -> names.add("Clip skip"));
    set(sigmaSchedule, value -> names.add("Schedule type"));
    set(samplingMethod, value -> names.addAll(Set.of("Sampler", "Schedule type")));
    return names;
  }

  /** Begins a request with what was named. */
  GenerationRequest.Builder request(String prompt) {
    return apply(GenerationRequest.builder(prompt));
  }

  /** Changes a request by what was named. */
  GenerationRequest.Builder apply(GenerationRequest.Builder builder) {
    if (plain) {
      builder.plain(true);
    }
    set(guidanceRescale, builder::guidanceRescale);
    set(steps, builder::steps);
    set(guidance, builder::guidance);
    set(cfgScale, builder::cfgScale);
    set(samplingMethod, builder::samplingMethod);
    set(sigmaSchedule, builder::sigmaSchedule);
    set(clipSkip, builder::clipSkip);
    set(minSize, builder::minSize);
    set(startSigma, builder::startSigma);
    set(shorten, builder::shorten);
    set(scaling, builder::scaling);
    loras.stream().map(Lora::parse).forEach(lora -> builder.lora(lora.file(), lora.weight()));
    return builder;
  }

  /** Hands {@code value} over if it was named. */
  static <T> void set(@Nullable T value, Consumer<T> setter) {
    if (value != null) {
      setter.accept(value);
    }
  }
}
