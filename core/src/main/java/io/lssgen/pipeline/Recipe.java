package io.lssgen.pipeline;

import io.lssgen.files.AtomicFile.IfExists;
import io.lssgen.image.AiDisclosure;
import io.lssgen.image.GenerationMetadata;
import io.lssgen.image.PngText;
import io.lssgen.image.PngWriter;
import io.lssgen.image.RgbImage;
import io.lssgen.lora.Lora;
import io.lssgen.model.ComponentTypes;
import io.lssgen.sampling.Stage;
import io.lssgen.sampling.StagePlan;
import io.lssgen.scaling.ScalingSpace;
import io.lssgen.schedule.SamplingMethod;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Collectors;

/**
 * How a model makes the pictures of a request: what their files say beside the pixels. All of it
 * but the seed is the same for each of them.
 *
 * @param request what was asked for
 * @param picture what they begin with or look at, as the model uses it
 * @param plan the stages
 * @param model the model's name
 * @param weights tells the model's weights apart from others
 * @param types what its components compute in
 * @param scheduler the sampling method and the spacing of its levels
 * @param guidance the guidance scale that the model is told; empty if it takes none
 * @param cfgScale the scale of classifier-free guidance; 1 is off
 * @param scaling where latents are scaled between stages
 * @param loras in the weights while they are made
 */
public record Recipe(
    GenerationRequest request,
    Optional<InitialPicture> picture,
    StagePlan plan,
    String model,
    String weights,
    ComponentTypes types,
    SamplingMethod.Titles scheduler,
    OptionalDouble guidance,
    double cfgScale,
    ScalingSpace scaling,
    List<Lora> loras) {

  /** Said of pictures whose noise was given. */
  static final String OWN_NOISE = "noise=given";

  public Recipe {
    loras = List.copyOf(loras);
  }

  /** What the file of the picture with this seed says. */
  public GenerationMetadata metadata(long seed) {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("Steps", Integer.toString(plan.requestedSteps()));
    settings.put("Sampler", scheduler.sampler());
    settings.put("Schedule type", scheduler.schedule());
    settings.put("CFG scale", number(cfgScale));
    guidance.ifPresent(scale -> settings.put("Distilled CFG Scale", number(scale)));
    if (request.guidanceRescale() > 0) {
      settings.put("CFG Rescale", number(request.guidanceRescale()));
    }
    request.clipSkip().ifPresent(skip -> settings.put("Clip skip", Integer.toString(skip)));
    settings.put("Seed", Long.toString(seed));
    settings.put("Size", plan.last().width() + "x" + plan.last().height());
    picture.ifPresent(begun -> put(begun, settings));
    settings.put("Model hash", weights);
    settings.put("Model", model);
    if (!loras.isEmpty()) {
      settings.put("LoRA", loras.stream().map(Recipe::lora).collect(Collectors.joining(", ")));
    }
    for (int i = 0; i < request.controls().size(); i++) {
      settings.put(GenerationMetadata.CONTROL + " " + i, control(request.controls().get(i)));
    }
    settings.put("LSSGen", stages());
    settings.put("Version", "lssgen " + LibraryVersion.number());
    Map<String, String> environment = new LinkedHashMap<>(Machine.environment());
    environment.put("dtype", types.toString());
    return new GenerationMetadata(
        request.prompt(), request.negativePrompt(), settings, environment);
  }

  private static void put(InitialPicture picture, Map<String, String> settings) {
    settings.put(GenerationMetadata.STRENGTH, number(picture.strength()));
    if (picture.reference()) {
      settings.put(GenerationMetadata.PICTURE_USE, GenerationMetadata.REFERENCE);
    }
    Inpainting inpainting = picture.inpainting();
    inpainting
        .padding()
        .ifPresent(
            pixels -> {
              settings.put(GenerationMetadata.INPAINT_AREA, GenerationMetadata.ONLY_MASKED);
              settings.put(GenerationMetadata.MASK_PADDING, Integer.toString(pixels));
            });
    picture
        .mask()
        .ifPresent(
            mask -> {
              settings.put(GenerationMetadata.MASK_BLUR, number(mask.blur()));
              settings.put(GenerationMetadata.MASK, mask.fingerprint());
            });
    if (picture.beginsOtherwise()) {
      settings.put(GenerationMetadata.MASKED_CONTENT, inpainting.content().setting());
    }
  }

  /**
   * {@code sizes=512x512,1024x1024; steps=14,14; start_sigma=0.75; shorten=true; scaling=neural}.
   */
  private String stages() {
    return "sizes=%s; steps=%s; start_sigma=%s; min_size=%d; shorten=%s; scaling=%s%s%s"
        .formatted(
            plan.stages().stream()
                .map(stage -> stage.width() + "x" + stage.height())
                .collect(Collectors.joining(",")),
            plan.stages().stream()
                .map(Stage::steps)
                .map(String::valueOf)
                .collect(Collectors.joining(",")),
            number(plan.options().startSigma()),
            plan.options().minSize(),
            plan.options().shorten(),
            plan.stages().size() == 1 ? "none" : scaling.label(),
            scheduler.renewedAbove().isPresent()
                ? "; renewed_above=" + number(scheduler.renewedAbove().getAsDouble())
                : "",
            request.latents().isPresent() ? "; " + OWN_NOISE : "");
  }

  /** {@code film:0.8 (0123456789)}: name, weight, and what tells its tensors apart from others. */
  private static String lora(Lora lora) {
    return "%s:%s (%s)"
        .formatted(lora.name(), number(lora.weight()), WeightsFingerprint.of(lora.file()));
  }

  private static String control(ControlPicture control) {
    return "Module: none, Model: %s%s, Weight: %s, Guidance Start: %s, Guidance End: %s"
        .formatted(
            control.name(),
            control.net().map(net -> " [" + WeightsFingerprint.of(net) + "]").orElse(""),
            number(control.strength()),
            number(control.start()),
            number(control.end()));
  }

  private static String number(double value) {
    return value == Math.rint(value)
        ? String.format(Locale.ROOT, "%.1f", value)
        : Double.toString(value);
  }

  /**
   * Writes a picture as PNG, with its settings and the statement that a model made it.
   *
   * @param file where to; its folder must exist
   * @param seed of this picture
   * @throws io.lssgen.errors.UsageException when the file is there already and {@code ifExists}
   *     refuses, or its folder is not there
   * @throws io.lssgen.errors.LssGenException when it cannot be written; an older file is then
   *     unchanged
   */
  public void write(Path file, RgbImage image, long seed, IfExists ifExists) {
    GenerationMetadata metadata = metadata(seed);
    List<PngText> texts = new ArrayList<>(metadata.toPngTexts());
    texts.add(AiDisclosure.toPngText(metadata.settings()));
    PngWriter.write(file, image, texts, ifExists);
  }
}
