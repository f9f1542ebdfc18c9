package io.lssgen.pipeline;

import io.lssgen.errors.UsageException;
import io.lssgen.image.GenerationMetadata;
import io.lssgen.image.ImageSize;
import io.lssgen.lora.LoraFolder;
import io.lssgen.lora.PromptLoras;
import io.lssgen.scaling.ScalingSpace;
import io.lssgen.schedule.SamplingMethod;
import io.lssgen.schedule.SigmaSchedule;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The request that made a picture, out of what its file tells: this project's settings and those
 * that AUTOMATIC1111 writes. What a file leaves out stays as the model's defaults say.
 *
 * @param metadata of the picture
 */
public record RecordedRequest(GenerationMetadata metadata) {
  /** What only this project writes. */
  private static final String OWN = "LSSGen";

  private static final String SIZE = "Size";
  private static final String SAMPLER = "Sampler";
  private static final String SCHEDULE = "Schedule type";
  private static final String LARGER = "Hires upscale";
  private static final String LARGE = "Hires resize";
  private static final Pattern CONTROL = Pattern.compile(GenerationMetadata.CONTROL + " \\d{1,3}");
  private static final Pattern LORA = Pattern.compile("(.+?):([-+.\\dEe]+) \\([^)]*\\)(?:, |$)");

  /**
   * The same without some settings, which others take the place of.
   *
   * @param names of settings, as {@code Seed}
   */
  public RecordedRequest without(Set<String> names) {
    Map<String, String> settings = new LinkedHashMap<>(metadata.settings());
    settings.keySet().removeAll(names);
    return new RecordedRequest(
        new GenerationMetadata(
            metadata.prompt(), metadata.negativePrompt(), settings, metadata.environment()));
  }

  /** The same for a run that begins with a picture: without what is said of stages. */
  public RecordedRequest inOneStage() {
    return without(Set.of(OWN, LARGER, LARGE, "Hires upscaler"));
  }

  /**
   * The request, to be changed and built.
   *
   * @throws UsageException if a setting has a value that nothing here means
   */
  public GenerationRequest.Builder request() {
    GenerationRequest.Builder builder =
        GenerationRequest.builder(metadata.prompt()).negativePrompt(metadata.negativePrompt());
    read("Steps", Integer::valueOf, builder::steps);
    read("Seed", Long::valueOf, builder::seed);
    read("CFG scale", Double::valueOf, builder::cfgScale);
    read("Distilled CFG Scale", Double::valueOf, builder::guidance);
    read("CFG Rescale", Double::valueOf, builder::guidanceRescale);
    read("Clip skip", Integer::valueOf, builder::clipSkip);
    read(SIZE, ImageSize::parse, size -> builder.size(size.width(), size.height()));
    sampler(builder);
    if (isStaged()) {
      stages(builder);
      secondPass(builder);
    }
    return builder;
  }

  /** The model's name. */
  public Optional<String> model() {
    return setting("Model");
  }

  /** What told the model's weights apart from others; of this project's pictures alone. */
  public Optional<String> weights() {
    return setting("Model hash").filter(hash -> setting(OWN).isPresent());
  }

  /** Whether it began with noise of its own, which is not in the file. */
  public boolean hasOwnNoise() {
    return setting(OWN).filter(text -> text.contains(Recipe.OWN_NOISE)).isPresent();
  }

  /**
   * The strength with which another picture was begun with; that picture is not in the file.
   * AUTOMATIC1111 says so of its second pass, too, which is none.
   */
  public OptionalDouble strength() {
    boolean none = setting(LARGER).isPresent() || setting(LARGE).isPresent() || wasLookedAt();
    return none ? OptionalDouble.empty() : number(GenerationMetadata.STRENGTH);
  }

  /**
   * Whether another picture was looked at all the way, by a model that can, instead of begun with;
   * it is not in the file.
   */
  public boolean wasLookedAt() {
    return !hasMask()
        && setting(GenerationMetadata.PICTURE_USE)
            .filter(GenerationMetadata.REFERENCE::equals)
            .isPresent();
  }

  /**
   * How a picture was followed, which is not in the file; AUTOMATIC1111's extension tells so, too.
   */
  public record Followed(double strength, double start, double end) {
    /** As it is if nothing is said. */
    public static final Followed USUAL = new Followed(1, 0, 1);
  }

  /** How pictures were followed, in the order of their numbers. */
  public List<Followed> followed() {
    List<Followed> all = new ArrayList<>();
    metadata
        .settings()
        .forEach(
            (name, value) -> {
              if (CONTROL.matcher(name).matches()) {
                all.add(
                    new Followed(
                        share(value, "Weight", 1),
                        share(value, "Guidance Start", 0),
                        share(value, "Guidance End", 1)));
              }
            });
    return all;
  }

  private static double share(String control, String name, double absent) {
    Matcher matcher = Pattern.compile("\\b" + name + ": ([0-9.]{1,20})").matcher(control);
    if (!matcher.find()) {
      return absent;
    }
    try {
      return Double.parseDouble(matcher.group(1));
    } catch (NumberFormatException e) {
      throw unreadable(GenerationMetadata.CONTROL, "wanted a number, found '" + control + "'");
    }
  }

  /**
   * Whether a mask left free what was made; AUTOMATIC1111 tells how far its edges were softened.
   */
  public boolean hasMask() {
    return setting(GenerationMetadata.MASK).isPresent() || maskBlur().isPresent();
  }

  /** How far the mask's edges were softened. */
  public OptionalDouble maskBlur() {
    return number(GenerationMetadata.MASK_BLUR);
  }

  /** How many pixels around the mask were looked at; empty where the whole picture was. */
  public OptionalInt maskPadding() {
    return value(GenerationMetadata.MASK_PADDING, Integer::valueOf)
        .map(OptionalInt::of)
        .orElse(OptionalInt.empty());
  }

  /** What was begun with in the mask; empty where it was the picture itself. */
  public Optional<MaskedContent> maskedContent() {
    return value(GenerationMetadata.MASKED_CONTENT, MaskedContent::ofSetting);
  }

  private OptionalDouble number(String name) {
    return value(name, Double::valueOf).map(OptionalDouble::of).orElse(OptionalDouble.empty());
  }

  private <T> Optional<T> value(String name, Function<String, T> parser) {
    List<T> found = new ArrayList<>();
    read(name, parser, found::add);
    return found.stream().findFirst();
  }

  /** Whether it began with noise alone; else there was one stage. */
  private boolean isStaged() {
    OptionalDouble strength = strength();
    return strength.isEmpty() || InitialPicture.beginsWithNoise(strength.getAsDouble(), hasMask());
  }

  /** The LoRAs in the weights but for those that the prompt names: {@code film:0.8}. */
  public List<String> loras() {
    List<String> loras = new ArrayList<>();
    List<String> named =
        PromptLoras.of(metadata.prompt()).wanted().stream()
            .map(each -> LoraFolder.withoutEnding(each.name()))
            .toList();
    Matcher matcher = LORA.matcher(setting("LoRA").orElse(""));
    while (matcher.find()) {
      if (!named.contains(matcher.group(1))) {
        loras.add(matcher.group(1) + ":" + matcher.group(2));
      }
    }
    return loras;
  }

  /** {@code DPM++ 2M} with a schedule of its own, or {@code DPM++ 2M Karras}, as once. */
  private void sampler(GenerationRequest.Builder builder) {
    Optional<String> sampler = setting(SAMPLER);
    Optional<SamplingMethod.Spaced> spaced = sampler.flatMap(SamplingMethod::spaced);
    if (spaced.isPresent()) {
      builder.samplingMethod(spaced.get().method());
      read(SAMPLER, name -> SigmaSchedule.parse(spaced.get().spacing()), builder::sigmaSchedule);
    } else {
      read(SAMPLER, SamplingMethod::parse, builder::samplingMethod);
    }
    if (setting(SCHEDULE).filter("automatic"::equalsIgnoreCase).isPresent()) {
      sampler
          .flatMap(SamplingMethod::named)
          .flatMap(SamplingMethod::automatic)
          .ifPresent(builder::sigmaSchedule);
    } else {
      read(SCHEDULE, SigmaSchedule::parse, builder::sigmaSchedule);
    }
  }

  /** See {@link Recipe#metadata}: {@code start_sigma=0.75; min_size=512; …}. */
  private void stages(GenerationRequest.Builder builder) {
    Map<String, String> stages = new LinkedHashMap<>();
    for (String part : setting(OWN).orElse("").split("; ")) {
      int equals = part.indexOf('=');
      if (equals > 0) {
        stages.put(part.substring(0, equals), part.substring(equals + 1));
      }
    }
    read(stages, "start_sigma", Double::valueOf, builder::startSigma);
    read(stages, "min_size", Integer::valueOf, builder::minSize);
    read(stages, "shorten", Boolean::valueOf, builder::shorten);
    if (!isSmall(stages)) {
      read(stages, "scaling", ScalingSpace::parse, builder::scaling);
    }
  }

  /** Whether it has one stage for its size, not because somebody said so. */
  private boolean isSmall(Map<String, String> stages) {
    List<Integer> sides = new ArrayList<>();
    read(SIZE, ImageSize::parse, size -> sides.add(Math.min(size.width(), size.height())));
    read(stages, "min_size", Integer::valueOf, sides::add);
    return sides.size() == 2 && sides.get(0) / 2 < sides.get(1);
  }

  /** AUTOMATIC1111's, which a later stage is: its size is said apart from the first one's. */
  private void secondPass(GenerationRequest.Builder builder) {
    read(LARGE, ImageSize::parse, size -> secondPass(builder, size.width(), size.height()));
    if (setting(LARGE).isEmpty()) {
      read(
          LARGER,
          Double::valueOf,
          factor ->
              read(
                  SIZE,
                  ImageSize::parse,
                  size ->
                      secondPass(
                          builder,
                          (int) Math.round(size.width() * factor),
                          (int) Math.round(size.height() * factor))));
    }
  }

  private void secondPass(GenerationRequest.Builder builder, int width, int height) {
    builder.size(width, height);
    read(SIZE, ImageSize::parse, size -> builder.minSize(Math.min(size.width(), size.height())));
    read(GenerationMetadata.STRENGTH, Double::valueOf, builder::startSigma);
  }

  private Optional<String> setting(String name) {
    return Optional.ofNullable(metadata.settings().get(name)).filter(text -> !text.isBlank());
  }

  private <T> void read(String name, Function<String, T> reader, Consumer<T> setter) {
    read(metadata.settings(), name, reader, setter);
  }

  private static <T> void read(
      Map<String, String> settings, String name, Function<String, T> reader, Consumer<T> setter) {
    String text = settings.getOrDefault(name, "").strip();
    if (text.isEmpty()) {
      return;
    }
    T value;
    try {
      value = reader.apply(text);
    } catch (NumberFormatException e) {
      throw unreadable(name, "wanted a number in range, found '" + text + "'");
    } catch (UsageException e) {
      throw unreadable(name, String.valueOf(e.getMessage()));
    }
    setter.accept(value);
  }

  private static UsageException unreadable(String name, String reason) {
    return new UsageException(
        "the picture's setting %s cannot be repeated: %s; name another by its option"
            .formatted(name, reason));
  }
}
