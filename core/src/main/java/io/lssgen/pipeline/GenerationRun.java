package io.lssgen.pipeline;

import io.lssgen.errors.LssGenException;
import io.lssgen.image.RgbImage;
import io.lssgen.model.Conditioning;
import io.lssgen.model.ControlNet;
import io.lssgen.model.Denoiser;
import io.lssgen.model.ImageModel;
import io.lssgen.model.ImageTensors;
import io.lssgen.model.PictureInput;
import io.lssgen.sampling.Cancellation;
import io.lssgen.sampling.Guidance;
import io.lssgen.sampling.InitialLatents;
import io.lssgen.sampling.NoiseSource;
import io.lssgen.sampling.Predictor;
import io.lssgen.sampling.Stage;
import io.lssgen.sampling.StagePlan;
import io.lssgen.sampling.StagedSampler;
import io.lssgen.scaling.LatentScaler;
import io.lssgen.schedule.Scheduler;
import io.lssgen.tensor.NormalSource;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** One request on its way: prompts, then for each picture the sampling loop and the decoder. */
final class GenerationRun {
  /** Random seeds fit into what other programs read: 32 bits. */
  private static final long RANDOM_SEEDS = 1L << 32;

  private final long begin = System.nanoTime();
  private final LoadedModel loaded;
  private final ImageModel model;
  private final GenerationRequest request;
  private final GenerationListener listener;
  private final Cancellation cancellation;
  private final String prompt; // without LoRAs
  private final Recipe recipe;
  private final StagePlan plan;
  private final Scheduler scheduler;
  private final LatentScaler scaler;

  private Map<Path, ControlNet> controlNets = Map.of();

  private final List<RgbImage> images = new ArrayList<>();
  private final List<Long> seeds = new ArrayList<>();
  private final List<List<Tensor>> stageLatents = new ArrayList<>();
  private final double[] denoiseSeconds;
  private double scaleSeconds;
  private double decodeSeconds;

  GenerationRun(
      LoadedModel loaded,
      GenerationRequest request,
      GenerationListener listener,
      Cancellation cancellation) {
    this.loaded = loaded;
    this.model = loaded.model();
    this.request = request;
    this.listener = listener;
    this.cancellation = cancellation;
    prompt = request.promptLoras().text();
    scheduler = loaded.scheduler(request);
    recipe = loaded.recipe(request, scheduler);
    plan = recipe.plan();
    scaler = loaded.scaler(request, plan);
    denoiseSeconds = new double[plan.stages().size()];
  }

  GenerationResult run() {
    long seed =
        request.seed() == GenerationRequest.RANDOM_SEED
            ? ThreadLocalRandom.current().nextLong(RANDOM_SEEDS)
            : request.seed();
    try (TensorScope scope = TensorScope.open()) {
      loaded.wakeTextEncoders();
      loaded.apply(recipe.loras());
      Function<Denoiser, Predictor> predictors = predictors();
      loaded.restTextEncoders();
      controlNets = loaded.controlNets().open(ControlSignals.places(request));
      double textSeconds = since(begin);
      for (int i = 0; i < request.images(); i++) {
        cancellation.check();
        if (i > 0 && cancellation.stopsAfterImage()) {
          break;
        }
        image(i, seed + i, predictors);
      }
      List<Latents> latents = stageLatents.isEmpty() ? List.of() : joined();
      GenerationTimes times =
          new GenerationTimes(
              since(begin),
              textSeconds,
              Arrays.stream(denoiseSeconds).boxed().toList(),
              scaleSeconds,
              decodeSeconds);
      return new GenerationResult(
          images,
          recipe,
          seeds,
          latents,
          times,
          PeakMemory.bytes(),
          RequestWarnings.of(loaded, recipe));
    }
  }

  /** With this request's prompts and guidance. */
  private Function<Denoiser, Predictor> predictors() {
    Guidance guidance =
        new Guidance(recipe.guidance().orElse(0), recipe.cfgScale(), request.guidanceRescale());
    OptionalInt clipSkip =
        model.prompts().takesClipSkip() ? request.clipSkip() : OptionalInt.empty();
    Conditioning positive = model.prompts().encode(List.of(prompt), clipSkip);
    Conditioning negative =
        guidance.usesNegative()
            ? model.prompts().encodeNegative(List.of(request.negativePrompt()), clipSkip)
            : null;
    return denoiser -> guidance.predictor(denoiser, positive, negative);
  }

  private void image(int index, long seed, Function<Denoiser, Predictor> predictors) {
    listener.imageStarted(index, seed, plan);
    StageTimer timer = new StageTimer();
    StagedSampler sampler = new StagedSampler(scheduler, scaler, timer.and(listener), cancellation);
    RgbImage image;
    try (TensorScope scope = TensorScope.open();
        NoiseSource noise = NoiseSource.perImage(seed, 1)) {
      List<Tensor> clean =
          sampler.sample(
              plan,
              1,
              model.latents().channels(),
              stage -> predictors.apply(denoiser(stage, noise)),
              beginning(index, noise),
              encoded(noise)); // [1, C, h, w] of each stage
      Tensor last = clean.get(clean.size() - 1);
      requireFinite("latents", last, seed);
      long decoding = System.nanoTime();
      Tensor pixels = model.codec().decode(last); // [1, 3, H, W]
      requireFinite("colours", pixels, seed);
      RgbImage made = ImageTensors.toImages(pixels).get(0);
      image = recipe.picture().map(picture -> picture.around(made)).orElse(made);
      decodeSeconds += since(decoding);
      if (request.keepStageLatents()) {
        stageLatents.add(scope.keepAll(clean));
      }
    }
    addTimes(timer);
    if (request.keepImages()) {
      images.add(image);
    }
    seeds.add(seed);
    listener.imageDone(index, seed, image);
  }

  /** NaN would become a picture like any other, black or grey. */
  private void requireFinite(String what, Tensor values, long seed) {
    if (!values.allFinite()) {
      throw new LssGenException(
          "the %s of the picture with seed %d hold NaN or infinite values, so it is not a picture; %s"
              .formatted(
                  what,
                  seed,
                  loaded.types().areFull()
                      ? "check the weights, and the latents if you gave some"
                      : "try --dtype fp32, found " + loaded.types()));
    }
  }

  /** The initial picture, as a stage wants it. */
  private @Nullable Function<Stage, InitialLatents> encoded(NormalSource noise) {
    Function<Stage, InitialLatents> begun =
        recipe
            .picture()
            .<Function<Stage, InitialLatents>>map(
                picture -> new PictureLatents(picture, plan.last(), model, noise)::of)
            .orElse(null);
    return model.denoiser().shown() == PictureInput.FOLLOWED
        ? new FollowedLatents(recipe, model, noise).beside(begun)
        : begun;
  }

  /** The denoiser, looking at the picture if that is what it is for, following others. */
  private Denoiser denoiser(Stage stage, NormalSource noise) {
    return ControlSignals.following(looking(stage, noise), stage, recipe, controlNets);
  }

  private Denoiser looking(Stage stage, NormalSource noise) {
    return recipe
        .picture()
        .filter(InitialPicture::reference)
        .map(picture -> new PictureLatents(picture, plan.last(), model, noise).reference(stage))
        .map(model.denoiser()::lookingAt)
        .orElse(model.denoiser());
  }

  private NormalSource beginning(int index, NoiseSource noise) {
    return request
        .latents()
        .map(given -> noise.beginningWith(given.image(index).tensor()))
        .orElse(noise);
  }

  private void addTimes(StageTimer timer) {
    for (int i = 0; i < denoiseSeconds.length; i++) {
      denoiseSeconds[i] += timer.denoiseSeconds().get(i);
    }
    scaleSeconds += timer.scaleSeconds();
  }

  /** For each stage the latents of all pictures, [images, C, h, w]. */
  private List<Latents> joined() {
    List<Latents> joined = new ArrayList<>();
    for (int stage = 0; stage < plan.stages().size(); stage++) {
      List<Tensor> parts = new ArrayList<>();
      for (List<Tensor> image : stageLatents) {
        parts.add(image.get(stage));
      }
      joined.add(Latents.of(Tensors.cat(parts, 0)));
    }
    return joined;
  }

  private static double since(long begin) {
    return (System.nanoTime() - begin) / 1e9;
  }
}
