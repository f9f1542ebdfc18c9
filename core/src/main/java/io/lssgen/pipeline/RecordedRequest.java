package io.lssgen.pipeline;

import io.lssgen.errors.UsageException;
import io.lssgen.image.GenerationMetadata;
import io.lssgen.image.ImageSize;
import io.lssgen.scaling.ScalingSpace;
import io.lssgen.schedule.SamplingMethod;
import io.lssgen.schedule.SigmaSchedule;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
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
  private static final Pattern LORA = Pattern.compile("(.+?):[-+.\\dEe]+ \\([^)]*\\)(?:, |$)");

  /**
   * The request, to be changed and built.
   *
   * @throws UsageException if a setting has a value that nothing here means
   */
  public GenerationRequest.Builder request() {
    GenerationRequest.Builder builder =
        GenerationRequest.builder(metadata.prompt()).negativePrompt(metadata.negativePrompt());
    number("Steps", Integer::valueOf, builder::steps);
    number("Seed", Long::valueOf, builder::seed);
    number("CFG scale", Double::valueOf, builder::cfgScale);
    number("Distilled CFG Scale", Double::valueOf, builder::guidance);
    number("CFG Rescale", Double::valueOf, builder::guidanceRescale);
    number("Clip skip", Integer::valueOf, builder::clipSkip);
    setting("Size").map(ImageSize::parse).ifPresent(s -> builder.size(s.width(), s.height()));
    setting("Sampler").map(SamplingMethod::parse).ifPresent(builder::samplingMethod);
    setting("Schedule type")
        .filter(name -> !name.equalsIgnoreCase("automatic"))
        .map(SigmaSchedule::parse)
        .ifPresent(builder::sigmaSchedule);
    if (strength().isEmpty()) { // else there was one stage
      stages(builder);
    }
    return builder;
  }

  /** The model's name. */
  public Optional<String> model() {
    return setting("Model");
  }

  /** What told the model's weights apart from others. */
  public Optional<String> weights() {
    return setting("Model hash");
  }

  /**
   * The strength with which another picture was begun with; that picture is not in the file.
   * AUTOMATIC1111 says so of its second pass, too, which is none.
   */
  public OptionalDouble strength() {
    if (setting("Hires upscale").isPresent()) {
      return OptionalDouble.empty();
    }
    List<Double> found = new ArrayList<>();
    number("Denoising strength", Double::valueOf, found::add);
    return found.isEmpty() ? OptionalDouble.empty() : OptionalDouble.of(found.get(0));
  }

  /** Names of the LoRAs in the weights, those of the prompt among them. */
  public List<String> loras() {
    List<String> names = new ArrayList<>();
    Matcher matcher = LORA.matcher(setting("LoRA").orElse(""));
    while (matcher.find()) {
      names.add(matcher.group(1));
    }
    return names;
  }

  /** See {@link Recipe#metadata}: {@code start_sigma=0.75; min_size=512; …}. */
  private void stages(GenerationRequest.Builder builder) {
    Map<String, String> stages = new LinkedHashMap<>();
    for (String part : setting("LSSGen").orElse("").split("; ")) {
      int equals = part.indexOf('=');
      if (equals > 0) {
        stages.put(part.substring(0, equals), part.substring(equals + 1));
      }
    }
    value(stages, "start_sigma", Double::valueOf, builder::startSigma);
    value(stages, "min_size", Integer::valueOf, builder::minSize);
    Optional.ofNullable(stages.get("shorten")).map(Boolean::valueOf).ifPresent(builder::shorten);
    Optional.ofNullable(stages.get("scaling")).map(ScalingSpace::parse).ifPresent(builder::scaling);
  }

  private Optional<String> setting(String name) {
    return Optional.ofNullable(metadata.settings().get(name));
  }

  private <T> void number(String name, Function<String, T> reader, Consumer<T> setter) {
    value(metadata.settings(), name, reader, setter);
  }

  private static <T> void value(
      Map<String, String> settings, String name, Function<String, T> reader, Consumer<T> setter) {
    String text = settings.get(name);
    if (text == null) {
      return;
    }
    try {
      setter.accept(reader.apply(text.strip()));
    } catch (NumberFormatException e) {
      throw new UsageException(
          "the picture's setting %s wants a number, found '%s'".formatted(name, text));
    }
  }
}
