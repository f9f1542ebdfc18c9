package io.lssgen.cli;

import io.lssgen.errors.UsageException;
import io.lssgen.pipeline.EmbeddedModel;
import io.lssgen.pipeline.GenerationRequest;
import io.lssgen.pipeline.PipelineLoader;
import io.lssgen.pipeline.TextToImage;
import io.lssgen.sampling.StagePlan;
import io.lssgen.scaling.ScalingSpace;
import io.lssgen.scenes.ScenePrompt;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How the pictures of an evaluation are made: the options of {@code generate} that matter here. */
final class SceneRequests {
  @Option(
      names = {"-m", "--model"},
      paramLabel = "DIR",
      description = "Model folder in the diffusers layout. Default: the model that comes along.")
  private @Nullable Path model;

  @Option(
      names = "--upsampler",
      paramLabel = "DIR",
      description = "Latent upsampler. Default: the folder upsampler in the model's.")
  private @Nullable Path upsampler;

  @Option(
      names = "--side",
      paramLabel = "PIXELS",
      description = "Side of the square pictures. Default: the model's width.")
  private @Nullable Integer side;

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
      defaultValue = "1",
      description = "Classifier-free guidance, two evaluations a step; 1 is off (the default).")
  private double cfgScale;

  @Option(
      names = {"-s", "--seed"},
      paramLabel = "N",
      defaultValue = "1",
      description = "Seed of the first picture, the next ones count up. Default: 1.")
  private long seed;

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
      defaultValue = "fp32",
      description = "What the model computes in: fp32 (default) or bf16.")
  private GenerateCommand.Precision precision = GenerateCommand.Precision.FP32;

  /** Whether there is a model to use: one was named, or one comes along. */
  boolean hasModel() {
    return model != null || EmbeddedModel.isPresent();
  }

  /** The model's folder. */
  Path folder() {
    return model == null ? EmbeddedModel.folder() : model;
  }

  /** Side of the pictures in pixels, {@code absent} if none was named. */
  int side(int absent) {
    int chosen = side == null ? absent : side;
    if (chosen < 1) {
      throw new UsageException("the side must be at least 1 pixel, found " + chosen);
    }
    return chosen;
  }

  TextToImage load() {
    PipelineLoader loader = PipelineLoader.of(folder()).dtype(precision.type());
    return (upsampler == null ? loader : loader.upsampler(upsampler)).load();
  }

  /** The request for a prompt; each has a seed of its own. */
  GenerationRequest request(ScenePrompt prompt, int index, int pixels) {
    return request(prompt.prompt(), seed + index, pixels);
  }

  private GenerationRequest request(String prompt, long ownSeed, int pixels) {
    if (seed < 0) {
      throw new UsageException("the seed must be at least 0, so that scores repeat; found " + seed);
    }
    GenerationRequest.Builder builder =
        GenerationRequest.builder(prompt)
            .size(pixels, pixels)
            .cfgScale(cfgScale)
            .seed(ownSeed)
            .plain(plain);
    set(steps, builder::steps);
    set(guidance, builder::guidance);
    set(minSize, builder::minSize);
    set(startSigma, builder::startSigma);
    set(shorten, builder::shorten);
    set(scaling, builder::scaling);
    return builder.build();
  }

  private static <T> void set(@Nullable T value, Consumer<T> setter) {
    if (value != null) {
      setter.accept(value);
    }
  }

  /** What the report says of how pictures were made. */
  Map<String, String> settings(TextToImage loaded, int pixels) {
    GenerationRequest example = request("a dog", seed, pixels);
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("model", loaded.defaults().name() + ", weights " + loaded.weightsFingerprint());
    settings.put("pictures", pixels + "x" + pixels + ", seeds from " + seed);
    settings.put("stages", stages(loaded.plan(example)));
    settings.put("scaling", loaded.scaling(example).name().toLowerCase(Locale.ROOT));
    loaded.guidance(example).ifPresent(value -> settings.put("guidance", Double.toString(value)));
    if (cfgScale > 1) {
      settings.put("cfg scale", Double.toString(cfgScale));
    }
    return settings;
  }

  /** {@code 14 steps at 512x512, 10 steps at 1024x1024}. */
  private static String stages(StagePlan plan) {
    return plan.stages().stream()
        .map(s -> "%d steps at %dx%d".formatted(s.steps(), s.width(), s.height()))
        .collect(Collectors.joining(", "));
  }
}
