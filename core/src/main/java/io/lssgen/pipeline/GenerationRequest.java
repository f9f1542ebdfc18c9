package io.lssgen.pipeline;

import io.lssgen.errors.UsageException;
import io.lssgen.image.Mask;
import io.lssgen.image.RgbImage;
import io.lssgen.lora.Lora;
import io.lssgen.lora.PromptLoras;
import io.lssgen.scaling.ScalingSpace;
import io.lssgen.schedule.SamplingMethod;
import io.lssgen.schedule.SigmaSchedule;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * What pictures are wanted. What is left empty is as the model's {@link ModelDefaults} say.
 *
 * <pre>{@code
 * GenerationRequest request = GenerationRequest.builder("a red apple").seed(7).images(2).build();
 * }</pre>
 *
 * @param prompt what the pictures show; not blank. Each {@code <lora:name:0.8>} in it asks for the
 *     LoRA of that name in the {@linkplain PipelineLoader#loraFolder folder of LoRAs} and is no
 *     part of what they show
 * @param negativePrompt what they shall not show; has an effect only if {@code cfgScale > 1}
 * @param width pixels
 * @param height pixels
 * @param steps evaluations of the denoiser that a run without scaling has
 * @param guidance the guidance scale that models with a guidance embedding are told
 * @param cfgScale classifier-free guidance with the negative prompt, which doubles the work; at
 *     least 1, which switches it off; empty: the model's own
 * @param guidanceRescale how far classifier-free guidance leaves the contrast as it was, 0 to 1
 * @param clipSkip which layer of CLIP is read, 1 being the last; empty: the family's own
 * @param samplingMethod empty: that of the model's scheduler file
 * @param sigmaSchedule how noise levels are spaced; empty: as the model's scheduler file says
 * @param seed of the first picture, the next ones count up; {@link #RANDOM_SEED} draws one
 * @param images how many pictures, 1 to {@link #MAXIMUM_IMAGES}
 * @param scaling the space in which latents are scaled between stages; empty: neural
 * @param minSize the smallest side of a stage in pixels
 * @param startSigma the noise level at which later stages begin, in (0, 1]
 * @param shorten whether stages below the model's base size get fewer steps
 * @param plain no scaling and no shortening: the plain pipeline, whatever the fields above say
 * @param latents [images, C, h, w] of the first stage: the noise to begin with
 * @param initialPicture what to begin with instead of noise alone, in one stage, or to change a
 *     part of
 * @param keepStageLatents whether the result holds the clean latents of each stage
 * @param keepImages whether the result holds the pictures; without, they go to the listener alone
 *     and need no memory once it has them
 * @param loras changes of the model's weights for these pictures, beside those in the prompt
 * @param controls pictures that they follow through ControlNets
 */
public record GenerationRequest(
    String prompt,
    String negativePrompt,
    OptionalInt width,
    OptionalInt height,
    OptionalInt steps,
    OptionalDouble guidance,
    OptionalDouble cfgScale,
    double guidanceRescale,
    OptionalInt clipSkip,
    Optional<SamplingMethod> samplingMethod,
    Optional<SigmaSchedule> sigmaSchedule,
    long seed,
    int images,
    Optional<ScalingSpace> scaling,
    OptionalInt minSize,
    OptionalDouble startSigma,
    Optional<Boolean> shorten,
    boolean plain,
    Optional<Latents> latents,
    Optional<InitialPicture> initialPicture,
    boolean keepStageLatents,
    boolean keepImages,
    List<Lora> loras,
    List<ControlPicture> controls) {

  /** Stands for a seed that is drawn by chance; the result tells which. */
  public static final long RANDOM_SEED = -1;

  /** The most pictures of one request. */
  public static final int MAXIMUM_IMAGES = 10_000;

  /** The longest prompt, in characters: far beyond what a text encoder reads. */
  public static final int MAXIMUM_PROMPT = 100_000;

  /**
   * Checks what can be checked without a model.
   *
   * @throws UsageException when a field is out of its range
   */
  public GenerationRequest {
    if (prompt.isBlank()) {
      throw new UsageException("the prompt is empty; say what the picture shall show");
    }
    if (Math.max(prompt.length(), negativePrompt.length()) > MAXIMUM_PROMPT) {
      throw new UsageException(
          "a prompt may have %d characters, found %d"
              .formatted(MAXIMUM_PROMPT, Math.max(prompt.length(), negativePrompt.length())));
    }
    loras = List.copyOf(loras);
    controls = List.copyOf(controls);
    requireScales(guidance, cfgScale.orElse(1));
    if (!(guidanceRescale >= 0 && guidanceRescale <= 1)) {
      throw new UsageException(
          "the guidance rescale must be from 0 to 1, found " + guidanceRescale);
    }
    if (images < 1 || images > MAXIMUM_IMAGES) {
      throw new UsageException(
          "the number of images must be between 1 and %d, found %d"
              .formatted(MAXIMUM_IMAGES, images));
    }
    if (seed < RANDOM_SEED) {
      throw new UsageException(
          "the seed must be at least 0, or -1 for a random one, found " + seed);
    }
    if (seed > Long.MAX_VALUE - (images - 1)) {
      throw new UsageException(
          "picture i has the seed plus i: with %d of them it may be at most %d, found %d"
              .formatted(images, Long.MAX_VALUE - (images - 1), seed));
    }
    if (latents.isPresent() && latents.get().images() != images) {
      throw new UsageException(
          "the given latents are for %d image(s), the request is for %d"
              .formatted(latents.get().images(), images));
    }
  }

  /** The prompt and the LoRAs that it names, apart. */
  PromptLoras promptLoras() {
    return PromptLoras.of(prompt);
  }

  /** The ranges of both guidance scales, for requests and for models' defaults. */
  static void requireScales(OptionalDouble guidance, double cfgScale) {
    if (!(cfgScale >= 1 && cfgScale <= 1000)) {
      throw new UsageException("the CFG scale must be between 1 (off) and 1000, found " + cfgScale);
    }
    if (guidance.isPresent() && !(guidance.getAsDouble() >= 0 && guidance.getAsDouble() <= 1000)) {
      throw new UsageException(
          "the guidance must be between 0 and 1000, found " + guidance.getAsDouble());
    }
  }

  /** A request with the model's defaults for everything but {@code prompt}. */
  public static GenerationRequest of(String prompt) {
    return builder(prompt).build();
  }

  /** Starts a request. */
  public static Builder builder(String prompt) {
    return new Builder(prompt);
  }

  /** Collects a request; what is not named stays as the model's defaults say. */
  public static final class Builder {
    private String prompt;
    private String negativePrompt = "";
    private OptionalInt width = OptionalInt.empty();
    private OptionalInt height = OptionalInt.empty();
    private OptionalInt steps = OptionalInt.empty();
    private OptionalDouble guidance = OptionalDouble.empty();
    private OptionalDouble cfgScale = OptionalDouble.empty();
    private double guidanceRescale;
    private OptionalInt clipSkip = OptionalInt.empty();
    private Optional<SamplingMethod> samplingMethod = Optional.empty();
    private Optional<SigmaSchedule> sigmaSchedule = Optional.empty();
    private long seed = RANDOM_SEED;
    private int images = 1;
    private Optional<ScalingSpace> scaling = Optional.empty();
    private OptionalInt minSize = OptionalInt.empty();
    private OptionalDouble startSigma = OptionalDouble.empty();
    private Optional<Boolean> shorten = Optional.empty();
    private boolean plain;
    private Optional<Latents> latents = Optional.empty();
    private Optional<InitialPicture> initialPicture = Optional.empty();
    private boolean keepStageLatents;
    private boolean keepImages = true;
    private final List<Lora> loras = new ArrayList<>();
    private final List<ControlPicture> controls = new ArrayList<>();

    private Builder(String prompt) {
      this.prompt = prompt;
    }

    public Builder prompt(String value) {
      prompt = value;
      return this;
    }

    public Builder negativePrompt(String value) {
      negativePrompt = value;
      return this;
    }

    /** Both sides in pixels. */
    public Builder size(int newWidth, int newHeight) {
      return width(newWidth).height(newHeight);
    }

    public Builder width(int value) {
      width = OptionalInt.of(value);
      return this;
    }

    public Builder height(int value) {
      height = OptionalInt.of(value);
      return this;
    }

    public Builder steps(int value) {
      steps = OptionalInt.of(value);
      return this;
    }

    public Builder guidance(double value) {
      guidance = OptionalDouble.of(value);
      return this;
    }

    public Builder cfgScale(double value) {
      cfgScale = OptionalDouble.of(value);
      return this;
    }

    public Builder guidanceRescale(double value) {
      guidanceRescale = value;
      return this;
    }

    public Builder clipSkip(int value) {
      clipSkip = OptionalInt.of(value);
      return this;
    }

    public Builder samplingMethod(SamplingMethod value) {
      samplingMethod = Optional.of(value);
      return this;
    }

    public Builder sigmaSchedule(SigmaSchedule value) {
      sigmaSchedule = Optional.of(value);
      return this;
    }

    public Builder seed(long value) {
      seed = value;
      return this;
    }

    public Builder images(int value) {
      images = value;
      return this;
    }

    public Builder scaling(ScalingSpace value) {
      scaling = Optional.of(value);
      return this;
    }

    public Builder minSize(int value) {
      minSize = OptionalInt.of(value);
      return this;
    }

    public Builder startSigma(double value) {
      startSigma = OptionalDouble.of(value);
      return this;
    }

    public Builder shorten(boolean value) {
      shorten = Optional.of(value);
      return this;
    }

    public Builder plain(boolean value) {
      plain = value;
      return this;
    }

    public Builder latents(Latents value) {
      latents = Optional.of(value);
      return this;
    }

    /** Begins with a picture; without width and height, pictures are as large as this one. */
    public Builder initialPicture(RgbImage image, double strength) {
      return initialPicture(new InitialPicture(image, strength));
    }

    public Builder keepStageLatents(boolean value) {
      keepStageLatents = value;
      return this;
    }

    /**
     * Makes a part of a picture anew; without width and height, pictures are as large as this one.
     *
     * @param mask of the picture's proportions
     */
    public Builder initialPicture(RgbImage image, double strength, Mask mask) {
      return initialPicture(new InitialPicture(image, strength, Optional.of(mask)));
    }

    /** As {@link #initialPicture(RgbImage, double)}. */
    public Builder initialPicture(InitialPicture value) {
      initialPicture = Optional.of(value);
      return this;
    }

    /** False where the listener takes the pictures: then any number of them fits into memory. */
    public Builder keepImages(boolean value) {
      keepImages = value;
      return this;
    }

    /** Adds a LoRA; {@code weight} is as in {@link Lora}. */
    public Builder lora(Path file, double weight) {
      loras.add(new Lora(file, weight));
      return this;
    }

    /**
     * Adds a picture to follow; without width and height, pictures have the shape of the first one,
     * and as many pixels as the model's own.
     */
    public Builder control(ControlPicture value) {
      controls.add(value);
      return this;
    }

    /**
     * The request.
     *
     * @throws UsageException when a field is out of its range
     */
    public GenerationRequest build() {
      return new GenerationRequest(
          prompt,
          negativePrompt,
          width,
          height,
          steps,
          guidance,
          cfgScale,
          guidanceRescale,
          clipSkip,
          samplingMethod,
          sigmaSchedule,
          seed,
          images,
          scaling,
          minSize,
          startSigma,
          shorten,
          plain,
          latents,
          initialPicture,
          keepStageLatents,
          keepImages,
          loras,
          controls);
    }
  }
}
