package io.lssgen.pipeline;

import io.lssgen.errors.UsageException;
import io.lssgen.image.ImageSize;
import io.lssgen.image.RgbImage;
import io.lssgen.lora.Lora;
import io.lssgen.lora.LoraFolder;
import io.lssgen.lora.LoraSwitch;
import io.lssgen.model.ComponentTypes;
import io.lssgen.model.ImageModel;
import io.lssgen.model.ImageTensors;
import io.lssgen.model.PictureInput;
import io.lssgen.sampling.StageOptions;
import io.lssgen.sampling.StagePlan;
import io.lssgen.sampling.StagePlanner;
import io.lssgen.scaling.LatentScaler;
import io.lssgen.scaling.ScalingSpace;
import io.lssgen.schedule.SamplingMethod;
import io.lssgen.schedule.Scheduler;
import io.lssgen.schedule.Schedulers;
import io.lssgen.tensor.Functional;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.weights.ModelConfig;
import io.lssgen.weights.ParameterTree;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.BiConsumer;
import java.util.stream.Stream;

/**
 * All that runs need, and what a request means to this model.
 *
 * @param model its parts
 * @param types what its components compute in
 * @param defaults where a request says nothing
 * @param weights tells the denoiser's weights apart from others
 * @param upsampler for neural scaling
 * @param controlNets beside its denoiser
 * @param loras changes its weights
 * @param ownLoras are in its weights always
 * @param loraFolder where prompts' LoRAs are looked up
 * @param keepTextEncoders whether they stay in memory while pictures are made
 */
record LoadedModel(
    ImageModel model,
    ComponentTypes types,
    ModelDefaults defaults,
    String weights,
    UpsamplerSlot upsampler,
    ControlNetSlots controlNets,
    LoraSwitch loras,
    List<Lora> ownLoras,
    Optional<LoraFolder> loraFolder,
    boolean keepTextEncoders)
    implements AutoCloseable {
  /** How diffusers names them, with a number behind. */
  private static final String TEXT_ENCODER = "text_encoder";

  /** The model's own scheduler, changed as {@code request} wishes. */
  Scheduler scheduler(GenerationRequest request) {
    return Schedulers.of(schedulerConfig(request));
  }

  /** The method of {@code request} and the spacing of its levels, as metadata name them. */
  SamplingMethod.Titles sampling(GenerationRequest request) {
    return SamplingMethod.titles(schedulerConfig(request), request.sigmaSchedule());
  }

  private ModelConfig schedulerConfig(GenerationRequest request) {
    return SamplingMethod.chosen(
        model.scheduler(), request.samplingMethod(), request.sigmaSchedule());
  }

  /**
   * The stages that {@code request} goes through.
   *
   * @param scheduler the request's
   */
  StagePlan plan(GenerationRequest request, Scheduler scheduler) {
    StagePlanner planner =
        new StagePlanner(scheduler, model.latents().factor(), model.latents().patch());
    requireFollowable(request);
    int steps = request.steps().orElse(defaults.steps());
    Optional<InitialPicture> picture = picture(request);
    ImageSize size = size(request, picture);
    int width = size.width();
    int height = size.height();
    model.latents().requireFits(width, height);
    StageOptions options = options(request);
    StagePlan plan =
        picture
            .filter(p -> !p.beginsWithNoise())
            .map(p -> planner.planFromPicture(width, height, steps, p.strength(), options))
            .orElseGet(() -> planner.plan(width, height, steps, options));
    picture.ifPresent(p -> p.requireChange(width, height));
    request.controls().forEach(control -> control.requireEffect(plan));
    if (model.denoiser().shown().isMasked() && picture.flatMap(InitialPicture::mask).isEmpty()) {
      throw new UsageException(
          "%s is made for inpainting: it wants a picture and a mask of what is made anew in it (--init-img and --mask)"
              .formatted(defaults.name()));
    }
    return plan;
  }

  private void requireFollowable(GenerationRequest request) {
    long nets = request.controls().stream().filter(control -> control.net().isPresent()).count();
    long alone = request.controls().size() - nets;
    if (nets > 0 && !model.denoiser().takesControlNets()) {
      throw new UsageException(
          "%s takes no ControlNets: those that are supported are for Stable Diffusion 1.5 and SDXL; leave them out or name such a model"
              .formatted(defaults.name()));
    }
    boolean follows = model.denoiser().shown() == PictureInput.FOLLOWED;
    if (follows && alone != 1) {
      throw new UsageException(
          "%s follows one picture of edges or depth, found %d; name it (--control-image)"
              .formatted(defaults.name(), alone));
    }
    if (!follows && alone > 0) {
      throw new UsageException(
          "%s follows no picture by itself, as FLUX.1 Depth and Canny do; %s"
              .formatted(
                  defaults.name(),
                  model.denoiser().takesControlNets()
                      ? "name a ControlNet for it (--control-net)"
                      : "leave it out"));
    }
  }

  /** As is asked for, or as the picture, or the model's own. */
  private ImageSize size(GenerationRequest request, Optional<InitialPicture> picture) {
    Optional<InitialPicture> whole = picture.filter(p -> p.inpainting().padding().isEmpty());
    if (whole.filter(p -> p.reference() && p.mask().isEmpty()).isPresent()) {
      RgbImage seen = whole.orElseThrow().image();
      long pixels = (long) defaults.width() * defaults.height();
      return request.width().isEmpty() && request.height().isEmpty()
          ? ReferenceSizes.of(seen, pixels)
          : PictureShape.of(seen).sides(request.width(), request.height(), pixels);
    }
    Optional<RgbImage> image = whole.map(InitialPicture::image);
    if (image.isEmpty() && !request.controls().isEmpty()) {
      return PictureShape.of(request.controls().get(0).image())
          .sides(request.width(), request.height(), (long) defaults.width() * defaults.height());
    }
    return new ImageSize(
        request.width().orElse(image.map(RgbImage::width).orElse(defaults.width())),
        request.height().orElse(image.map(RgbImage::height).orElse(defaults.height())));
  }

  /** The request's picture, as this model uses it. */
  private Optional<InitialPicture> picture(GenerationRequest request) {
    Optional<InitialPicture> picture = request.initialPicture();
    if (model.denoiser().shown() == PictureInput.REFERENCE) {
      return picture.map(InitialPicture::lookedAt);
    }
    if (picture.filter(InitialPicture::reference).isPresent()) {
      throw new UsageException(
          "%s cannot look at a picture, as FLUX.1 Kontext can; begin with it (--init-img), or, if it is"
                  .formatted(defaults.name())
              + " that model in a single file, let the file's name say kontext");
    }
    return picture;
  }

  private StageOptions options(GenerationRequest request) {
    StageOptions stages = defaults.stages();
    StageOptions wanted =
        stages
            .withMinSize(request.minSize().orElse(stages.minSize()))
            .withStartSigma(request.startSigma().orElse(stages.startSigma()))
            .withShorten(request.shorten().orElse(stages.shorten()))
            .withScale(stages.scale() && scaling(request).scales());
    return request.plain() ? wanted.plain() : wanted;
  }

  /** The space that {@code request} is scaled in. */
  ScalingSpace scaling(GenerationRequest request) {
    return request.plain() ? ScalingSpace.NONE : request.scaling().orElse(ScalingSpace.NEURAL);
  }

  /** The scale of classifier-free guidance; 1 is off. */
  double cfgScale(GenerationRequest request) {
    return request.cfgScale().orElse(defaults.cfgScale());
  }

  /** The guidance scale that the denoiser is told; empty if it takes none. */
  OptionalDouble guidance(GenerationRequest request) {
    if (!model.denoiser().takesGuidance()) {
      return OptionalDouble.empty();
    }
    return request.guidance().isPresent() ? request.guidance() : defaults.guidance();
  }

  /** The LoRAs that {@code request} wants, those in its prompt last. */
  List<Lora> loras(GenerationRequest request) {
    return Stream.concat(request.loras().stream(), request.promptLoras().in(loraFolder).stream())
        .toList();
  }

  /** Makes the weights hold the model's own LoRAs and {@code wanted}, and no others. */
  void apply(List<Lora> wanted) {
    loras.apply(Stream.concat(ownLoras.stream(), wanted.stream()).toList());
  }

  /**
   * How the pictures of {@code request} are made.
   *
   * @param scheduler the request's
   */
  Recipe recipe(GenerationRequest request, Scheduler scheduler) {
    return new Recipe(
        request,
        picture(request),
        plan(request, scheduler),
        defaults.name(),
        weights,
        types,
        sampling(request),
        guidance(request),
        cfgScale(request),
        scaling(request),
        loras(request));
  }

  /** The scaler for a run; where the run has one stage alone it is never called. */
  LatentScaler scaler(GenerationRequest request, StagePlan plan) {
    ScalingSpace space = plan.stages().size() == 1 ? ScalingSpace.NONE : scaling(request);
    return space.scaler(
        new ScalingSpace.Parts(
            () -> upsampler.network(defaults.name()), types.ofUpsampler(), model.codec()));
  }

  /** The text encoders' weights are there from now on. */
  void wakeTextEncoders() {
    textEncoders(
        (name, tree) -> {
          if (tree.restore()) {
            loras.restored(name);
          }
        });
  }

  /** The text encoders are not needed before the next run. */
  void restTextEncoders() {
    if (!keepTextEncoders) {
      textEncoders((name, tree) -> tree.evict());
    }
  }

  private void textEncoders(BiConsumer<String, ParameterTree> action) {
    model
        .components()
        .parameters()
        .forEach(
            (name, tree) -> {
              if (name.startsWith(TEXT_ENCODER)) {
                action.accept(name, tree);
              }
            });
  }

  /**
   * The picture of clean latents [1, C, h, w], no side above {@code maximumSide} pixels unless the
   * other would vanish.
   */
  RgbImage preview(Tensor clean, int maximumSide) {
    try (TensorScope scope = TensorScope.open()) {
      long side = Math.max(clean.size(2), clean.size(3)) * model.latents().factor();
      long wanted = (side + maximumSide - 1) / maximumSide;
      int window = Math.toIntExact(Math.min(wanted, Math.min(clean.size(2), clean.size(3))));
      Tensor small = window == 1 ? clean : Functional.averagePool(clean, window); // [1, C, h', w']
      return ImageTensors.toImages(model.codec().decode(small)).get(0);
    }
  }

  @Override
  public void close() {
    upsampler.close();
    controlNets.close();
    model.close();
  }
}
